import { expect, test } from "vitest";
import type { DeploymentItem, DoraService } from "../api/shapes";
import { periods, periodsSentence } from "../charts/periods";
import { FIGURES, isCounted, lengthOf, valueOf, windowsOf, WINDOWS, wordsOf } from "./dora";

const NOW = Date.parse("2026-11-22T14:30:00Z");
const share = (counted: number, deployments: number) => ({ counted, deployments, rate: deployments > 0 ? counted / deployments : null });
const service = (more: Partial<DoraService> = {}): DoraService => ({
  service: "shop", days: 30, lead_time: { median_seconds: 2520, p90_seconds: 15_120, changes: 41 }, deployment_frequency: { per_day: 1.37, deployments: 41, days_with_deployment: 18 },
  change_failure_rate: share(4, 41), recovery_time: { median_seconds: null, recovered: 0, open: 1 }, rework_rate: share(0, 41), unknown: [], ...more,
});

test("windows follow each other without a gap, the newest last", () => {
  const windows = windowsOf(7, NOW);
  expect(windows).toHaveLength(WINDOWS);
  expect(windows.at(-1)).toEqual({ from: "2026-11-15T14:30:00.000Z", to: "2026-11-22T14:30:00.000Z" });
  windows.slice(1).forEach(({ from }, i) => expect(from).toBe(windows[i]?.to));
  expect(["7", "30", "12", null].map(lengthOf)).toEqual([7, 30, 30, 30]);
});

test("every figure stands beside what it was counted from; of nothing there is none", () => {
  expect(FIGURES.map((figure) => wordsOf(figure, service()))).toEqual(["42 min", "1.4 a day", "9.8 %", "not known", "0 %"]);
  expect(FIGURES.map((figure) => figure.population(service()))).toEqual(["median of 41 changes; nine of ten within 4 h 12 min", "41 deployments on 18 days", "4 of 41 deployments", "none was made good; 1 not yet", "0 of 41 deployments"]);
});

test("a time in which nobody watched is not known, and not none", () => {
  expect(FIGURES.map((figure) => valueOf(figure, service({ days: 0 })))).toEqual(FIGURES.map(() => null));
  expect(valueOf(FIGURES[0]!, undefined)).toBeNull();
});

test("a version counts from its first customers, and one that never had any does not", () => {
  const window = { from: "2026-11-22T10:00:00Z", to: "2026-11-22T14:00:00Z" };
  const deployment = (phase: string, started: string, probed_at?: string) => ({ phase, started, probed_at }) as DeploymentItem;
  expect(isCounted(deployment("live", "2026-11-22T11:00:00Z"), window)).toBe(true);
  expect(isCounted(deployment("rolled_back", "2026-11-22T09:59:00Z", "2026-11-22T10:00:00Z"), window)).toBe(true);
  expect(isCounted(deployment("failed", "2026-11-22T11:00:00Z"), window)).toBe(false);
  expect(isCounted(deployment("live", "2026-11-22T14:00:00Z"), window)).toBe(false);
});

test("what is not known has a question mark in place of a bar", () => {
  const data = { name: "Rate", values: [null, 0.1], words: ["not known", "10 %"], ends: ["1 Oct", "1 Nov"] };
  expect(periodsSentence(data)).toBe("Rate up to 1 Oct: not known, 1 Nov: 10 %");
  expect(periods(data, 200).match(/<rect/g)).toHaveLength(1);
  expect(periods(data, 200)).toContain(">?</text>");
  expect(periods({ ...data, values: [0, 0] }, 200)).not.toContain("NaN");
});
