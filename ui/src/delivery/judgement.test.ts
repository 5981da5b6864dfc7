import { expect, test } from "vitest";
import { placeOf, seenOf, stepState } from "./judgement";
import { builtFrom, provenanceState } from "./provenance";
import { guardOf } from "./steps";

test("a gate that only observes and one that does not know are told from one that passed", () => {
  const judged = (state: "passed" | "held" | "unknown" | "not_judged") => ({ state, summary: "", problems: [] });
  expect(stepState({ state: "passed", judgement: judged("held") })).toEqual({ kind: "warn", word: "Observed" });
  expect(stepState({ state: "passed", judgement: judged("not_judged") })).toEqual({ kind: "warn", word: "Not judged" });
  expect(stepState({ state: "failed", judgement: judged("unknown") })).toEqual({ kind: "bad", word: "Unknown" });
  expect(stepState({ state: "timed_out", judgement: judged("unknown") }).word).toBe("Timed out");
  expect(stepState({ state: "passed" }).word).toBe("Passed");
});

test("a problem has its place as far as it is known", () => {
  expect(placeOf({ kind: "", message: "", file: "a.js", line: 3, column: 9 })).toBe("a.js:3:9");
  expect(placeOf({ kind: "", message: "", file: "a.js", line: 3 })).toBe("a.js:3");
  expect(placeOf({ kind: "", message: "" })).toBeUndefined();
});

test("what was seen stands in lines where it is short; an empty list is none and null is not known", () => {
  expect(seenOf({ packages: 1214, not_known: [], compared_with: [6, 2], advisories: { stale: false, age: null }, new: [{ id: "x" }] })).toEqual({
    facts: [["packages", "1,214"], ["not known", "none"], ["compared with", "6, 2"], ["advisories, stale", "no"], ["advisories, age", "not known"]],
    rest: [["new, 1", [{ id: "x" }]]],
  });
  expect(seenOf(null)).toEqual({ facts: [], rest: [] });
});

test("an artifact is verified, refused, or of before anything was signed", () => {
  const envelope = { payloadType: "", payload: "", signatures: [] };
  expect(provenanceState({ verified: true, key: "k", envelope }).kind).toBe("good");
  expect(provenanceState({ verified: false, key: "k", envelope }).kind).toBe("bad");
  expect(provenanceState({ verified: false, key: "k", envelope: null }).kind).toBe("warn");
  expect(builtFrom({ predicate: { buildDefinition: { externalParameters: { commit: "a1", command: null } } } })).toEqual({ commit: "a1" });
});

test("a guard is drawn only from figures that fit its steps", () => {
  const side = (deployment: number, persons: number[]) => ({ deployment, persons });
  expect(guardOf({ steps: ["in", "out"], old: side(4, [9, 5]), new: side(6, [4, 2]) })).toEqual({ arms: ["deployment 4", "deployment 6"], steps: [{ name: "in", persons: [9, 4] }, { name: "out", persons: [5, 2] }] });
  expect(guardOf({ steps: ["in"], old: side(4, [9, 5]), new: side(6, [4]) })).toBeUndefined();
  expect(guardOf(null)).toBeUndefined();
});
