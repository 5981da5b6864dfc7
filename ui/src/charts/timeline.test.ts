import { describe, expect, test } from "vitest";
import { axis } from "./axis";
import { isBroken, sentence, timeline, type Timeline } from "./timeline";

const at = (seconds: number) => new Date(Date.parse("2026-11-22T12:00:00Z") + seconds * 1000).toISOString();
const story = (liveFor: number): Timeline => ({
  from: at(0),
  to: at(200 + liveFor),
  lanes: [
    { name: "Commit", spans: [], marks: [{ at: at(0), kind: "good", icon: "mark", label: "3f9c2ab on trunk" }] },
    { name: "Checks", spans: [{ from: at(1), to: at(100), kind: "good", label: "6 steps passed" }], marks: [] },
    { name: "Deploy", spans: [{ from: at(100), to: at(200), kind: "busy", label: "deployment 6" }, { from: at(200), to: null, kind: "good", label: "6 live" }], marks: [] },
  ],
});

describe("the axis", () => {
  test("is true to time", () => {
    const { x, breaks } = axis([0, 1000, 2000, 4000], 0, 400);
    expect([x(0), x(1000), x(2000), x(4000)]).toEqual([0, 100, 200, 400]);
    expect(breaks).toEqual([]);
  });

  test("never runs backwards and stays within its width, break or not", () => {
    for (const moments of [[0, 10], [0, 1000, 100_000_000], [5, 5, 5], [0, 3000, 900_000, 903_000]]) {
      const { x } = axis(moments, 20, 620);
      const places = Array.from({ length: 50 }, (_, i) => x((moments[0] ?? 0) + (i / 49) * ((moments.at(-1) ?? 0) - (moments[0] ?? 0))));
      expect(places.every((p, i) => p >= 20 && p <= 620 && (i === 0 || p >= (places[i - 1] ?? 0)))).toBe(true);
    }
  });

  test("keeps every wait where it is told to", () => {
    const { x, breaks } = axis([0, 10_000, 2_000_000], 0, 1000, "kept");
    expect(breaks).toEqual([]);
    expect(x(10_000)).toBeCloseTo(5);
  });

  test("cuts a long wait out and says so", () => {
    const { x, breaks } = axis([0, 10_000, 20_000, 2_000_000], 0, 1000);
    expect(breaks).toHaveLength(1);
    expect(x(20_000)).toBeGreaterThan(700);
  });
});

describe("the timeline", () => {
  test("is drawn at exactly the width it gets", () => {
    for (const width of [320, 419, 700, 1130]) expect(timeline(story(100), width)).toContain(`width="${width}"`);
  });

  test("says its story in a sentence", () => {
    expect(sentence(story(100))).toBe("Timeline of 5 min. Commit: 3f9c2ab on trunk. Checks: 6 steps passed. Deploy: deployment 6, 6 live");
  });

  test("a label inside its bar gives way to a mark that stands on it", () => {
    const at = (second: number) => new Date(Date.parse("2026-11-22T14:00:00Z") + second * 1000).toISOString();
    const lane = (mark: number) => ({ name: "Flag", spans: [{ from: at(0), to: at(60), kind: "good", label: "5 % on" }], marks: [{ at: at(mark), kind: "warn", icon: "warn", label: "" }] });
    const seen = { name: "Seen", spans: [], marks: [10, 20, 30, 40, 50].map((second) => ({ at: at(second), kind: "good", icon: "mark", label: "" })) };
    const drawn = (mark: number) => timeline({ from: at(0), to: at(60), lanes: [lane(mark), seen] }, 380).replaceAll(/<title>.*?<\/title>/g, "");
    expect(drawn(50)).toContain(">5 % on<");
    expect(drawn(5)).not.toContain(">5 % on<");
  });

  test("what goes on ends at now", () => {
    expect(timeline(story(100), 900)).toContain(">now<");
  });

  test("breaks only for a long wait", () => {
    expect(isBroken(story(100))).toBe(false);
    expect(isBroken(story(86_400))).toBe(true);
  });

  test("what comes from a commit cannot leave its place", () => {
    const data = story(10);
    data.lanes[0]!.marks[0]!.label = '"><script>x</script>';
    const drawn = timeline(data, 900);
    expect(drawn).not.toContain("<script>");
    expect(drawn).toContain("&lt;script&gt;");
  });

  test("labels of one lane never run into each other", () => {
    const crowded: Timeline = { from: at(0), to: at(100), lanes: [{ name: "Deploy", spans: [0, 3, 6, 50].map((s) => ({ from: at(s), to: at(s + 2), kind: "bad", label: `deployment ${s} failed` })), marks: [] }] };
    const drawn = timeline(crowded, 700);
    const places = [...drawn.matchAll(/<text x="([\d.]+)"[^>]*text-anchor="(start|end)">(deployment \d+ failed)</g)].map(([, x, anchor, label]) => {
      const width = (label?.length ?? 0) * 6.1;
      return anchor === "end" ? [Number(x) - width, Number(x)] : [Number(x), Number(x) + width];
    }).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
    expect(places.length).toBeGreaterThan(0);
    expect(places.every((p, i) => i === 0 || (p[0] ?? 0) >= (places[i - 1]?.[1] ?? 0))).toBe(true);
  });
});
