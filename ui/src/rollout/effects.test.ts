import { expect, test } from "vitest";
import { drawable, effectWords, type JourneyEffect } from "./effects";

const side = (name: string, entered: number, converted: number, pending = 0) => ({ name, entered, converted, pending, rate: entered > 0 ? converted / entered : null });
const effect: JourneyEffect = { journey: "checkout", comparison: "before_after", randomised: false, sentence: "", from: "2026-11-22T14:00:00Z", before: side("before", 1000, 531), after: side("after", 1000, 553), difference: { estimate: 0.022, lower: 0.018, upper: 0.026 } };

test("an effect says no more than is known", () => {
  expect(effectWords(effect)).toBe("checkout: from 53.1 % to 55.3 %, better (+1.8 to +2.6 points; before and after, not randomised)");
  expect(effectWords({ ...effect, difference: { estimate: 0.022, lower: -0.02, upper: 0.06 }, comparison: "canary", randomised: true })).toBe("checkout: from 53.1 % to 55.3 %, no difference that could be told from chance (−2.0 to +6.0 points; in its canary, both at the same time)");
  expect(effectWords({ ...effect, before: side("before", 0, 0), difference: null })).toBe("checkout: 55.3 % of 1,000 persons converted; there is nothing to compare with");
  expect(effectWords({ ...effect, after: side("after", 0, 0), difference: null })).toBe("checkout: nobody entered it with this change yet");
});

test("who may still convert is said with the verdict", () => {
  expect(effectWords({ ...effect, comparison: "variants", randomised: true, after: side("on", 1000, 553, 30) })).toMatch(/variants of its flag, both at the same time\); 30 persons may still convert$/);
});

test("only what has a difference is drawn, with what stands against what", () => {
  expect(drawable([effect, { ...effect, difference: null }]).map((e) => [e.name, e.role, e.kind])).toEqual([["checkout", "before and after", "good"]]);
});
