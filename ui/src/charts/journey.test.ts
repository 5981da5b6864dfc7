import { describe, expect, test } from "vitest";
import { points, share, wilson } from "./arms";
import { columns, columnsSentence } from "./columns";
import { effectKind, effectSentence, forest } from "./forest";
import { dropped, funnel, funnelHeight, funnelSentence, reached, type Funnel } from "./funnel";
import { histogram, histogramSentence } from "./histogram";
import { sparkline, sparkSentence } from "./sparkline";
import { split, splitSentence } from "./split";
import { spread, spreadSentence, tickWord } from "./spread";
import { isPending, trend, trendSentence, type Trend } from "./trend";

const WIDTHS = [300, 390, 700, 1130];
const pair: Funnel = { arms: ["control", "treatment"], steps: [{ name: "Basket", persons: [1000, 1000] }, { name: "Paid", persons: [531, 553] }] };
const ticks = (svg: string) => (svg.match(/NaN|Infinity|undefined/g) ?? []).length;

describe("shares", () => {
  test("are words", () => {
    expect([share(0.5314), points(0.531, 0.553), points(0.5, 0.496)]).toEqual(["53.1 %", "+2.2 points", "−0.4 points"]);
  });

  test("have the interval of Wilson, also with nobody or few", () => {
    const { lower, upper } = wilson(531, 1000);
    expect(lower).toBeCloseTo(0.5, 2);
    expect(upper).toBeCloseTo(0.5617, 3);
    expect(wilson(0, 10).lower).toBe(0);
    expect(wilson(0, 10).upper).toBeCloseTo(0.2775, 3);
    expect(wilson(0, 0)).toEqual({ lower: 0, upper: 1 });
  });
});

describe("the funnel", () => {
  test("says its story in a sentence", () => {
    expect(funnelSentence(pair)).toBe("Funnel of control against treatment: Basket 1,000 against 1,000 persons; Paid 53.1 % against 55.3 %");
  });

  test("knows who came and who is lost", () => {
    expect(reached(pair, 1, 1)).toBeCloseTo(0.553);
    expect(dropped(pair, 1, 0)).toBeCloseTo(0.469);
  });

  test("nobody is no division by zero", () => {
    const nobody: Funnel = { arms: ["all"], steps: [{ name: "Basket", persons: [0] }, { name: "Paid", persons: [0] }] };
    expect(ticks(funnel(nobody, 400))).toBe(0);
    expect([reached(nobody, 1, 0), dropped(nobody, 1, 0)]).toEqual([0, 0]);
  });

  test("is as wide as it is told and as high as it says", () => {
    for (const width of WIDTHS) expect(funnel(pair, width)).toContain(`width="${width}" height="${funnelHeight(pair, width)}"`);
  });

  test("a name from a file cannot leave its place", () => {
    expect(funnel({ arms: ["all"], steps: [{ name: "<script>", persons: [1] }] }, 600)).not.toContain("<script>");
  });
});

describe("times", () => {
  test("are said", () => {
    expect(spreadSentence([{ name: "Paid", arms: [{ p50: 192, p90: 660, p99: 2400 }] }], ["all"])).toBe("Time to each step. Paid: half within 3 min 12 s, 9 of 10 within 11 min");
    expect([0.1, 10, 600, 3600, 604_800].map(tickWord)).toEqual(["0.1 s", "10 s", "10 min", "1 h", "7 d"]);
  });

  test("of the whole journey are counted by how long they took", () => {
    const bins = [{ to_seconds: 100, persons: 3 }, { to_seconds: 200, persons: 9 }, { to_seconds: 500, persons: 1 }];
    expect(histogramSentence(bins)).toBe("Time to convert of 13 persons: most, 9, took up to 3 min 20 s");
    for (const width of WIDTHS) expect(ticks(histogram(bins, width) + histogram([], width))).toBe(0);
  });

  test("none, zero and equal times are drawn", () => {
    for (const q of [null, { p50: 0, p90: 0, p99: 0 }, { p50: 5, p90: 5, p99: 5 }]) expect(ticks(spread([{ name: "Paid", arms: [q] }], ["all"], 390))).toBe(0);
  });
});

describe("the trend", () => {
  const hour = (h: number, entered: number, converted: number, pending = 0) => ({ at: `2026-11-22T${String(h).padStart(2, "0")}:00:00Z`, entered, converted, pending });
  const data: Trend = { by: "hour", what: "Paid", points: [hour(9, 100, 50), hour(10, 0, 0), hour(11, 100, 56), hour(12, 100, 20, 40)], marks: [{ at: "2026-11-22T10:30:00Z", kind: "good", icon: "deployment", label: "shop 7" }] };

  test("says where it began and ended, without what is pending", () => {
    expect(trendSentence(data)).toBe("Paid by hour of entry: 50.0 % at 22 Nov 09:00, 56.0 % at 22 Nov 11:00. The last hour may still rise: persons are within the window. Marked: shop 7 at 22 Nov 10:30.");
  });

  test("one of a hundred within the window does not make it pending", () => {
    expect([isPending(hour(1, 100, 50, 1)), isPending(hour(1, 100, 50, 2)), isPending(hour(1, 0, 0))]).toEqual([false, true, false]);
  });

  test("an hour without anybody is left out, not drawn as zero", () => {
    const drawn = trend(data, 700);
    expect(drawn.match(/<circle/g)).toHaveLength(3);
    expect(drawn).toContain('stroke-dasharray="4 4"');
  });

  test("none, one and pending ones only are drawn at every width", () => {
    for (const points of [[], [hour(9, 10, 5)], [hour(9, 10, 0, 10), hour(10, 10, 0, 10)]]) for (const width of WIDTHS) expect(ticks(trend({ ...data, points, marks: [] }, width))).toBe(0);
    expect(trendSentence({ ...data, points: [] })).toBe("Paid by hour: nobody entered");
  });
});

describe("small ones", () => {
  test("columns say the last day", () => {
    const data = { what: "Exposed persons", series: ["off", "on"], days: [{ day: "2026-11-21", values: [3, 2] }, { day: "2026-11-22", values: [30, 12] }] };
    expect(columnsSentence(data)).toBe("Exposed persons of 2 days; on 22 Nov: off 30, on 12");
    for (const width of WIDTHS) expect(ticks(columns(data, width) + columns({ ...data, days: [] }, width))).toBe(0);
  });

  test("a split is a whole", () => {
    expect(splitSentence([{ variant: "off", share: 0.75 }, { variant: "on", share: 0.25 }])).toBe("Split: off 75 %, on 25 %");
    expect(ticks(split([], 300) + split([{ variant: "on", share: 0 }], 300))).toBe(0);
  });

  test("a sparkline is said", () => {
    expect(sparkSentence([3, 9, 5], "Persons")).toBe("Persons over 3 days: from 3 to 5 a day, at most 9");
    expect(ticks(sparkline([], "x") + sparkline([0], "x") + sparkline([0, 0], "x"))).toBe(0);
  });

  test("an effect is better only when its whole interval is", () => {
    expect([effectKind({ lower: 0.01, upper: 0.03 }), effectKind({ lower: -0.01, upper: 0.03 }), effectKind({ lower: -0.03, upper: -0.01 })]).toEqual(["good", "plain", "bad"]);
    const rows = [{ name: "Paid", role: "checkout", estimate: 0.022, lower: 0.018, upper: 0.026, kind: "good" }];
    expect(effectSentence(rows)).toBe("Paid: +2.2 points, +1.8 to +2.6");
    for (const width of WIDTHS) expect(ticks(forest(rows, width))).toBe(0);
  });
});
