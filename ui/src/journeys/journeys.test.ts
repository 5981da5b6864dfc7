import { describe, expect, test } from "vitest";
import type { Feature, Report } from "./shapes";
import { armsOf, bounds, featureMatches, featureName, funnelOf, leftOut, marksOf, rangeOf, reportCommand, reportSentence, spreadOf, trendBy, trendWord, worstStep } from "./words";

const NOW = Date.parse("2026-11-22T14:30:00Z");
const steps = (...persons: number[]) => persons.map((n, i) => ({ name: ["Basket", "Address", "Paid"][i] ?? "", persons: n, seconds_from_previous: i === 0 ? null : { p50: 10, p90: 20, p99: 30 } }));
const report: Report = { journey: "checkout", order: "ordered", within_seconds: 86_400, as_of: "2026-11-22T14:30:00Z", histogram: [], sentence: "", steps: steps(1000, 700, 531), pending_persons: 12, breakdown: [] };
const group = (value: string | null, ...persons: number[]) => ({ value, steps: steps(...persons), pending_persons: 0 });

describe("when", () => {
  test("is read from the address; what cannot be read is the last 7 days", () => {
    const of = (search: string) => rangeOf(new URLSearchParams(search));
    expect(of("range=24h")).toEqual({ kind: "last", hours: 24, name: "Last 24 hours" });
    expect(of("from=2026-11-01&to=2026-11-03")).toEqual({ kind: "between", from: "2026-11-01", to: "2026-11-03" });
    for (const search of ["", "range=nonsense", "from=2026-11-03&to=2026-11-01", "from=yesterday&to=today", "from=2026-11-01"]) expect(of(search)).toMatchObject({ kind: "last", hours: 168 });
  });

  test("days are whole, the last one included", () => {
    expect(bounds({ kind: "between", from: "2026-11-01", to: "2026-11-01" }, NOW)).toEqual({ from: "2026-11-01T00:00:00.000Z", to: "2026-11-02T00:00:00.000Z" });
    expect(bounds({ kind: "last", hours: 24, name: "" }, NOW)).toEqual({ from: "2026-11-21T14:30:00.000Z" });
  });

  test("hours as long as they can be told apart", () => {
    expect(trendBy({ kind: "last", hours: 168, name: "" })).toBe("hour");
    expect(trendBy({ kind: "between", from: "2026-10-01", to: "2026-11-01" })).toBe("day");
  });

  test("is in the command too", () => {
    expect(reportCommand("checkout", { kind: "last", hours: 168, name: "" }, "release", "witnessed")).toBe("trunkline journey report checkout --from 7d --by release --who witnessed");
    expect(reportCommand("checkout", { kind: "last", hours: 1, name: "" }, "", "everyone")).toBe("trunkline journey report checkout --from 1h");
    expect(reportCommand("checkout", { kind: "between", from: "2026-11-01", to: "2026-11-02" }, "", "everyone")).toBe("trunkline journey report checkout --from 2026-11-01 --to 2026-11-02");
  });
});

describe("side by side", () => {
  const split = { ...report, by: "variant:one-address", breakdown: [group("on", 500, 400, 300), group("off", 490, 300, 231), group(null, 10, 0, 0)] };

  test("what customers had before stands first; of whom nothing is known stand apart", () => {
    expect(armsOf(split).map((a) => a.value)).toEqual(["off", "on"]);
    expect(funnelOf(split).steps[2]).toEqual({ name: "Paid", persons: [231, 300] });
  });

  test("releases go by number, those with most persons only", () => {
    const releases = [9, 10, 11, 12, 2, 7].map((n) => group(String(n), n === 7 ? 1 : 100 + n, 1, 1));
    expect(armsOf({ ...report, breakdown: releases }).map((a) => a.value)).toEqual(["2", "9", "10", "11", "12"]);
  });

  test("everybody is one arm, with a time for every step after the first", () => {
    expect(armsOf(report).map((a) => a.value)).toEqual(["everybody"]);
    expect(spreadOf(report).rows.map((r) => r.name)).toEqual(["to Address", "to Paid"]);
  });
});

describe("in words", () => {
  test("the server's sentence is the answer; without it there is one too", () => {
    expect(reportSentence({ ...report, sentence: "Said." })).toBe("Said.");
    expect(reportSentence(report)).toBe("531 of 1,000 persons who came to Basket came to Paid: 53.1 %");
    expect(reportSentence({ ...report, steps: steps(0, 0, 0) })).toBe("Nobody came to Basket in this time");
    expect(worstStep(report)).toBe("Most are lost between Basket and Address: 300 persons");
    expect(worstStep({ ...report, sentence: "Said." })).toBeUndefined();
  });

  test("what is left out is said", () => {
    const said = leftOut({ ...report, by: "variant:one-address", unjoined_share: 0.012, synthetic_persons: 2 }, "witnessed", "24h");
    expect(said[0]).toBe("12 persons are still within the window of 24h and may yet convert; until then they count as not converted");
    expect(said[1]).toBe("Of 1.2 % of those who entered it is not known which variant of one-address they had: they stand apart");
    expect(said[2]).toBe("2 verifiers walked the journey too and are left out");
    expect(said[3]).toContain("Only persons whom the edge has seen");
    expect(leftOut({ ...report, pending_persons: 0 }, "everyone", undefined)[0]).toBe("Nobody is still within the window: these figures are final");
  });

  test("marks have an icon by what they are", () => {
    const mark = (kind: string, label: string, service?: string) => ({ at: "2026-11-22T00:00:00Z", kind, label, link: "/", ...(service && { service }) });
    expect(marksOf([mark("deployment", "7 live (3f9c2ab)", "shop"), mark("rollback", "7 taken back (3f9c2ab)", "shop"), mark("flag", "one-address ramped"), mark("flag", "one-address killed")]).map((m) => [m.label, m.icon, m.kind])).toEqual([
      ["shop 7 live (3f9c2ab)", "deployment", "good"], ["shop 7 taken back (3f9c2ab)", "undo", "bad"], ["one-address ramped", "flag", "busy"], ["one-address killed", "flag", "bad"],
    ]);
  });
});

describe("features", () => {
  const feature = { event: "order placed", trend: "rising" } as Feature;

  test("pages are found by their path", () => {
    const page = { event: "page viewed", page: "/product/:id", trend: "steady" } as Feature;
    expect(featureName(page)).toBe("page viewed /product/:id");
    expect(["/product", 'event:"page viewed"', "/basket"].map((f) => featureMatches(page, f))).toEqual([true, true, false]);
  });

  test("are found by trend and by name", () => {
    expect(["", "trend:rising", "order", 'event:"order placed" trend:rising'].map((f) => featureMatches(feature, f))).toEqual([true, true, true, true]);
    expect(["trend:falling", "basket"].map((f) => featureMatches(feature, f))).toEqual([false, false]);
  });

  test("a trend that is not known is still a word", () => {
    expect(trendWord("rising").word).toBe("Rising");
    expect(trendWord("too_few").word).toBe("Too few");
    expect(trendWord("odd")).toEqual({ icon: "question", word: "odd", kind: "plain" });
  });
});
