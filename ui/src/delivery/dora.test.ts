import { expect, test } from "vitest";
import type { DeploymentItem, DoraService } from "../api/shapes";
import { periods, periodsSentence } from "../charts/periods";
import { FIGURES, isCounted, lengthOf, valueOf, windowOf, windowsOf, wordsOf } from "./dora";

const NOW = Date.parse("2026-11-22T14:30:00Z");
const share = (counted: number, deployments: number) => ({ counted, deployments, rate: deployments > 0 ? counted / deployments : null });
const service = (more: Partial<DoraService> = {}): DoraService => ({
  service: "shop", days: 30, lead_time: { median_seconds: 2520, p90_seconds: 15_120, changes: 41 }, deployment_frequency: { per_day: 1.37, deployments: 41, days_with_deployment: 18 },
  change_failure_rate: share(4, 41), recovery_time: { median_seconds: null, recovered: 0, open: 1 }, rework_rate: share(0, 41), by_flags: { failures: [], change_failure_rate: share(4, 41), recovery_time: { recovered: 0, open: 1 } }, unknown: [], ...more,
});

test("a window ends now, and those before it come first", () => {
  expect(windowOf(7, NOW)).toEqual({ from: "2026-11-15T14:30:00.000Z", to: "2026-11-22T14:30:00.000Z" });
  const earlier = { from: "a", to: "b", services: [] };
  expect(windowsOf({ from: "b", to: "c", services: [], earlier: [earlier] }).map(({ to }) => to)).toEqual(["b", "c"]);
  expect(["7", "30", "12", null].map(lengthOf)).toEqual([7, 30, 30, 30]);
});

test("every figure stands beside what it was counted from; of nothing there is none", () => {
  expect(FIGURES.map((figure) => wordsOf(figure, service()))).toEqual(["42 min", "1.4 a day", "9.8 %", "not known", "0 %"]);
  expect(FIGURES.map((figure) => figure.population(service()))).toEqual(["median of 41 changes; nine of ten within 4 h 12 min", "41 deployments on 18 days", "4 of 41 deployments", "none was made good; 1 not yet", "0 of 41 deployments"]);
});

test("what flags did is told beside the figures without it", () => {
  const failure = { deployment: 4, flag: "gift-wrap", since: "", off: "", who: "ana", why: "" };
  const told = service({ by_flags: { failures: [failure], change_failure_rate: share(3, 41), recovery_time: { median_seconds: 75, recovered: 3, open: 0 } } });
  expect(FIGURES[2]?.population(told)).toBe("4 of 41 deployments; 7.3 % without 1 flag that was turned off");
  expect(FIGURES[3]?.population(told)).toContain("; 1 min 15 s without flags");
});

test("a time in which nobody watched is not known, and not none", () => {
  expect(FIGURES.map((figure) => valueOf(figure, service({ days: 0 })))).toEqual(FIGURES.map(() => null));
  expect(valueOf(FIGURES[0]!, undefined)).toBeNull();
});

test("a version counts from its first customers, and one that never had any does not", () => {
  const window = { from: "2026-11-22T10:00:00Z", to: "2026-11-22T14:00:00Z" };
  const deployment = (exposed_at: string | null) => ({ started: "2026-11-22T11:00:00Z", exposed_at }) as DeploymentItem;
  expect(isCounted(deployment("2026-11-22T10:00:00Z"), window)).toBe(true);
  expect(isCounted(deployment("2026-11-22T09:59:00Z"), window)).toBe(false);
  expect(isCounted(deployment(null), window)).toBe(false);
  expect(isCounted(deployment("2026-11-22T14:00:00Z"), window)).toBe(false);
});

test("what is not known has a question mark in place of a bar", () => {
  const data = { name: "Rate", values: [null, 0.1], words: ["not known", "10 %"], ends: ["1 Oct", "1 Nov"] };
  expect(periodsSentence(data)).toBe("Rate up to 1 Oct: not known, 1 Nov: 10 %");
  expect(periods(data, 200).match(/<rect/g)).toHaveLength(1);
  expect(periods(data, 200)).toContain(">?</text>");
  expect(periods({ ...data, values: [0, 0] }, 200)).not.toContain("NaN");
});
