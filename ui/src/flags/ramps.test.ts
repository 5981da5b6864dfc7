import { expect, test } from "vitest";
import { beginCommand, differenceWords, evidenceState, stagesOf, stageStates } from "./ramps";
import type { GuardedRamp } from "./shapes";

const ramp = { state: "ramping", stage: 2, since: "2026-11-22T12:00:00Z", stages: [{ share: 0.01, since: "2026-11-22T11:00:00Z" }, { share: 0.05, since: "2026-11-22T12:00:00Z" }, { share: 1, since: null }] } as unknown as GuardedRamp;
const words = (of: GuardedRamp) => stageStates(of).map(({ state }) => state.word);

test("stages are behind it, at it or ahead; what ended reaches no more", () => {
  expect(words(ramp)).toEqual(["Passed", "Here", "Ahead"]);
  expect(words({ ...ramp, state: "holding" })).toEqual(["Passed", "Holding", "Ahead"]);
  expect(words({ ...ramp, state: "turned_back" })).toEqual(["Passed", "Turned back by guard", "Not reached"]);
  expect(words({ ...ramp, state: "done", stage: 3 })).toEqual(["Passed", "Passed", "Passed"]);
  expect(words({ ...ramp, stage: 1, since: null })).toEqual(["Begins", "Ahead", "Ahead"]);
});

test("harm is what the bound says, and nobody to compare is not known", () => {
  expect(evidenceState({ difference: { estimate: -0.09, upper: -0.02 } }).kind).toBe("bad");
  expect(evidenceState({ difference: { estimate: -0.03, upper: 0.01 } }).kind).toBe("good");
  expect(evidenceState({ difference: null })).toEqual({ kind: "plain", word: "Not known" });
  expect(differenceWords({ difference: { estimate: -0.091, upper: -0.02 } })).toBe("−9.1 points, at most −2.0");
});

test("stages are read as they are typed, or refused with a reason", () => {
  expect(stagesOf("1, 5 25%")).toEqual([0.01, 0.05, 0.25]);
  expect(() => stagesOf("5, 5")).toThrow("larger than the one before");
  expect(() => stagesOf("0, 5")).toThrow("above 0");
  expect(() => stagesOf("x")).toThrow("above 0");
  expect(() => stagesOf(" ")).toThrow("at least one stage");
});

test("the command begins the same ramp", () => {
  expect(beginCommand({ flag: "one-address", variant: "on", stages: [0.01, 0.125, 1], step_seconds: 600, step_persons: 200, guards: ["checkout"] })).toBe("trunkline flag ramp one-address --to 100 --stages 1,12.5,100 --step 600s --persons 200 --guard checkout --variant on");
});
