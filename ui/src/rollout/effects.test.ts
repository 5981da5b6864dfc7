import { expect, test } from "vitest";
import { drawable, effectsOf, effectWords, type JourneyEffect } from "./effects";

const effect: JourneyEffect = { journey: "checkout", before: { entered: 1000, converted: 531 }, after: { entered: 1000, converted: 553 }, difference: { estimate: 0.022, lower: 0.018, upper: 0.026 } };

test("an effect says no more than is known", () => {
  expect(effectWords(effect)).toBe("checkout: from 53.1 % to 55.3 %, better (+1.8 to +2.6 points; before and after, not randomised)");
  expect(effectWords({ ...effect, difference: { estimate: 0.022, lower: -0.02, upper: 0.06 }, randomised: true })).toBe("checkout: from 53.1 % to 55.3 %, no difference that could be told from chance (−2.0 to +6.0 points; both at the same time)");
  expect(effectWords({ ...effect, before: null, difference: null })).toBe("checkout: 55.3 % of 1,000 persons converted; there is nothing to compare with");
  expect(effectWords({ ...effect, after: { entered: 0, converted: 0 }, difference: null })).toBe("checkout: nobody entered it with this change yet");
});

test("only what has a difference is drawn, and what is no journey is left out", () => {
  expect(drawable([effect, { ...effect, difference: null }]).map((e) => [e.name, e.kind])).toEqual([["checkout", "good"]]);
  expect(effectsOf(null)).toEqual([]);
  expect(effectsOf([effect, null, 7, {}])).toEqual([effect]);
});
