import type { RunView, StepView } from "../api/shapes";
import type { Timeline } from "../charts/timeline";
import { counted, duration } from "../look/words";
import { stateOf } from "./states";

/** The step whose log is on show: the one that was asked for, else what one wants to see first. */
export function chosenStep(run: RunView, asked: string | null): StepView | undefined {
  const having = (...states: string[]) => run.steps.find((s) => states.includes(s.state));
  return run.steps.find((s) => s.name === asked) ?? having("failed", "timed_out") ?? having("running") ?? run.steps.findLast((s) => s.log_bytes > 0) ?? run.steps[0];
}

/** How the run stands, in a sentence. */
export function runSentence(run: RunView): string {
  const done = run.steps.filter((s) => !["queued", "running"].includes(s.state)).length;
  switch (run.state) {
    case "passed":
      return `All ${counted(run.steps.length, "step")} passed${run.seconds ? ` in ${duration(run.seconds)}` : ""}: the change may ship`;
    case "failed":
      return `The change does not ship: ${run.why ?? "a step failed"}`;
    case "running": {
      const names = run.steps.filter((s) => s.state === "running").map((s) => s.name);
      return `${done} of ${counted(run.steps.length, "step")} done${names.length > 0 ? `; ${names.join(", ")} running` : ""}`;
    }
    case "queued":
      return "It waits for its turn";
    default:
      return `It was not finished: ${run.why ?? "it was cancelled"}`;
  }
}

/** Every step as a lane over the run's time. */
export function waterfall(run: RunView, end: string): Timeline {
  const lanes = run.steps
    .filter((s) => s.started)
    .map((s) => ({
      name: s.name,
      marks: [],
      spans: [{ from: s.started ?? end, to: s.ended ?? null, kind: stateOf(s.state).kind, label: duration(Math.max(0, Date.parse(s.ended ?? end) - Date.parse(s.started ?? end)) / 1000) }],
    }));
  return { from: run.started ?? end, to: end, lanes, waits: "kept" };
}
