import { expect, test } from "vitest";
import { evidenceScale, evidenceSentence, times } from "./evidence";
import { machine, machineSentence, type MachineStep } from "./machine";

const steps = (states: string): MachineStep[] => states.split(" ").map((state, i) => ({ name: `s${i}`, state }));

test("the machine lies where there is room and stands where there is none", () => {
  const size = (width: number) => /height="([\d.]+)"/.exec(machine(steps("done current ahead ahead ahead"), width))?.[1];
  expect(size(900)).toBe("72");
  expect(size(300)).toBe("180");
});

test("what stood after a failure was not reached, what stood before does not apply", () => {
  expect(machineSentence([...steps("done skipped failed skipped"), { name: "rollback", state: "done" }])).toBe("State machine: s0 done, s1 left out, s2 failed, s3 not reached, rollback done");
});

test("a rollback hangs below the step that failed", () => {
  const drawn = machine([...steps("done failed skipped"), { name: "rollback", state: "done", note: "14 <b> failed" }], 900);
  expect(drawn).toContain("rolled back: all new requests to the old version");
  expect(drawn).toContain('height="132"');
});

test("a state that is new to us is drawn as ahead", () => {
  expect(machineSentence(steps("done dreaming"))).toBe("State machine: s0 done, s1 ahead");
});

test("evidence is said in times", () => {
  expect([0.61, 1, 48.2, 4811.3, 2.4e6, 1e12].map(times)).toEqual(["0.61", "1", "48", "4,811", "2.4 million", "over a billion"]);
  expect(evidenceSentence({ evidence: 0.61, threshold: 1000 })).toContain("0.61 times likelier");
});

test("the scale stays within its width whatever is seen", () => {
  for (const evidence of [0, 1e-12, 1, 999, 1000, 1e12]) {
    const places = [...evidenceScale({ evidence, threshold: 1000 }, 320).matchAll(/(?:cx|x|x1|x2)="(-?[\d.]+)"/g)].map((m) => Number(m[1]));
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...places)).toBeLessThanOrEqual(320);
  }
});
