import { expect, test } from "vitest";
import type { ExperimentRow } from "./shapes";
import { experimentMatches, lengthWords } from "./words";

const row = { key: "one-address", state: "decided", owner: "sales", flag: "one-address", hypothesis: "One form brings more orders", persons: 4813, verdict: { decision: "ship", sentence: "ship it", at: "", look: 61, by: null } } as ExperimentRow;

test("an experiment is found by how far it is and what it says", () => {
  for (const yes of ["", "state:decided verdict:ship", "owner:sales more orders", "flag:one-address"]) expect(experimentMatches(row, yes), yes).toBe(true);
  for (const no of ["state:running", "verdict:invalid", "owner:sale"]) expect(experimentMatches(row, no), no).toBe(false);
  expect(experimentMatches({ ...row, verdict: null }, "verdict:ship")).toBe(false);
});

test("a length of time is in words; what is none stays as it is", () => {
  expect(["1d", "7d", "36h", "90s", "10m", "soon"].map(lengthWords)).toEqual(["1 day", "7 days", "1 day 12 h", "1 min 30 s", "10 min", "soon"]);
});
