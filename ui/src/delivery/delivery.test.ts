import { probeOf } from "./probe";
import { describe, expect, test } from "vitest";
import type { DeploymentItem, DeploymentView, RunView, StepView } from "../api/shapes";
import { actionsOf, deploymentSentence } from "./deployment";
import { deploymentMatches, serviceOf } from "./filter";
import { chosenStep, runSentence, waterfall } from "./run";
import { stateOf } from "./states";

const step = (name: string, state: string, more: Partial<StepView> = {}): StepView => ({ name, state, kind: "check", command: "", log_bytes: 0, log_truncated: false, ...more });
const run = (state: string, steps: StepView[], more: Partial<RunView> = {}): RunView => ({ id: "r", change: "3f9c2ab", subject: "x", state, steps, ...more });

describe("a run", () => {
  test("shows first what one wants to see first", () => {
    const steps = [step("a", "passed", { log_bytes: 1 }), step("b", "running"), step("c", "failed")];
    expect(chosenStep(run("failed", steps), null)?.name).toBe("c");
    expect(chosenStep(run("failed", steps), "a")?.name).toBe("a");
    expect(chosenStep(run("running", steps.slice(0, 2)), "gone")?.name).toBe("b");
    expect(chosenStep(run("passed", steps.slice(0, 1)), null)?.name).toBe("a");
    expect(chosenStep(run("queued", []), null)).toBeUndefined();
  });

  test("says how it stands", () => {
    expect(runSentence(run("running", [step("a", "passed"), step("b", "running"), step("c", "queued")]))).toBe("1 of 3 steps done; b running");
    expect(runSentence(run("failed", [], { why: "unit failed" }))).toBe("The change does not ship: unit failed");
    expect(runSentence(run("passed", [step("a", "passed")], { seconds: 12 }))).toBe("All 1 step passed in 12 s: the change may ship");
  });

  test("draws only steps that began; a running one goes on", () => {
    const data = waterfall(run("running", [step("a", "running", { started: "2026-11-22T12:00:00Z" }), step("b", "queued")], { started: "2026-11-22T12:00:00Z" }), "2026-11-22T12:00:09Z");
    expect(data.lanes).toEqual([{ name: "a", marks: [], spans: [{ from: "2026-11-22T12:00:00Z", to: null, kind: "busy", label: "9 s" }] }]);
  });
});

describe("a deployment", () => {
  const item: DeploymentItem = { number: 7, service: "shop", commit: "3f9c2ab", subject: "Ask once", phase: "canary", state: { kind: "busy", word: "Canary 5 %" }, weight: 0.05, started: "", digest: "" };
  const view = (more: Partial<DeploymentView>) => ({ ...item, machine: [], next: "", paused: false, instances: [], journal: [], command: "", replaces: 6, ...more }) as DeploymentView;

  test("says who has it", () => {
    expect(deploymentSentence(view({}))).toBe("5 % of visitors have it, the others have deployment 6");
    expect(deploymentSentence(view({ paused: true }))).toContain("a person paused it");
    expect(deploymentSentence(view({ phase: "rolled_back", reason: "bad" }))).toBe("It was taken back: bad");
    expect(deploymentSentence(view({ phase: "rolled_back", reason: "taken back by ana: bad" }))).toBe("It was taken back by ana: bad");
    expect(deploymentSentence(view({ phase: "verifying", replaces: null }))).toContain("it is the first");
  });

  test("offers only what can be done now", () => {
    expect(actionsOf({ phase: "live", paused: false }, false)).toEqual(["rollback"]);
    expect(actionsOf({ phase: "canary", paused: true }, false)).toEqual(["resume", "promote", "rollback"]);
    expect(actionsOf({ phase: "superseded", paused: false }, false)).toEqual([]);
    expect(actionsOf({ phase: "rolled_back", paused: false }, true)).toEqual(["release"]);
    expect(actionsOf({ phase: "rolled_back", paused: false }, false)).toEqual([]);
  });

  test("is found by key and value", () => {
    for (const yes of ["", "service:shop", "phase:canary ask", "commit:3f9c", "state:canary", "7"]) expect(deploymentMatches(item, yes), yes).toBe(true);
    for (const no of ["service:sho", "phase:live", "colour:red", "8", "twice"]) expect(deploymentMatches(item, no), no).toBe(false);
    expect(serviceOf("phase:live service:shop")).toBe("shop");
    expect(serviceOf("shop")).toBeUndefined();
  });
});

test("a state that is new to us is plain and keeps its word", () => {
  expect(stateOf("timed_out")).toEqual({ kind: "bad", word: "Timed out" });
  expect(stateOf("half_done")).toEqual({ kind: "plain", word: "Half done" });
});

test("a dark verification is said in every form, and none is not said", () => {
  expect(probeOf("canary", null)).toBeUndefined();
  expect(probeOf("probing", undefined)?.state.word).toBe("Probing");
  expect(probeOf("live", { outcome: "passed", sentence: "checkout paid in 2.1 s" })?.text).toBe("checkout paid in 2.1 s");
  expect(probeOf("failed", { outcome: "failed", why: "checkout: exited with 1" })).toEqual({ state: { kind: "bad", word: "Failed" }, text: "checkout: exited with 1. No customer saw it." });
  expect(probeOf("live", { outcome: "nothing_to_probe" })?.state.word).toBe("Nothing to probe");
});
