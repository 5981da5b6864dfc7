/** Guarded ramps in words: a share that grows by stages while customers do no worse; pure. */
import type { State } from "../api/shapes";
import { inPoints } from "../charts/forest";
import { counted, duration, percent } from "../look/words";
import type { Evidence, GuardedRamp, RampWish } from "./shapes";

const STATES: Record<GuardedRamp["state"], State> = {
  ramping: { kind: "busy", word: "Ramping" },
  holding: { kind: "warn", word: "Holding" },
  done: { kind: "good", word: "Done" },
  turned_back: { kind: "bad", word: "Turned back by guard" },
  overridden: { kind: "plain", word: "Overridden" },
};

export const rampState = ({ state }: Pick<GuardedRamp, "state">): State => STATES[state];

/** It may still change the flag. */
export const goesOn = ({ state }: Pick<GuardedRamp, "state">): boolean => state === "ramping" || state === "holding";

/** How each stage stands: behind it, at it, or ahead. */
export function stageStates(ramp: GuardedRamp): { share: string; since: string | null | undefined; state: State }[] {
  return ramp.stages.map((stage, i) => ({ share: percent(stage.share), since: stage.since, state: stageState(ramp, i + 1) }));
}

function stageState(ramp: GuardedRamp, number: number): State {
  if (number < ramp.stage || ramp.state === "done") return { kind: "good", word: "Passed" };
  if (number > ramp.stage) return { kind: "plain", word: goesOn(ramp) ? "Ahead" : "Not reached" };
  if (ramp.since == null) return { kind: "busy", word: "Begins" };
  return ramp.state === "ramping" ? { kind: "busy", word: "Here" } : STATES[ramp.state];
}

/** Treatment less control, with the bound that decides. */
export function differenceWords({ difference }: Pick<Evidence, "difference">): string {
  if (!difference) return "not known: nobody can be compared yet";
  return `${inPoints(difference.estimate)} points, at most ${inPoints(difference.upper)}`;
}

/** Below zero at any look, the treatment does harm. */
export function evidenceState({ difference }: Pick<Evidence, "difference">): State {
  if (!difference) return { kind: "plain", word: "Not known" };
  return difference.upper < 0 ? { kind: "bad", word: "Does harm" } : { kind: "good", word: "No harm seen" };
}

/** What a stage takes at the least. */
export const stepWords = ({ step_seconds, step_persons }: Pick<GuardedRamp, "step_seconds" | "step_persons">): string => `each stage takes ${duration(step_seconds)} and ${counted(step_persons, "person")} of each variant at least`;

/** `1, 5, 25` as shares from 0 to 1; or what is wrong with it. */
export function stagesOf(text: string): number[] {
  const stages = text.split(/[\s,%]+/).filter(Boolean).map((word) => Math.round(Number(word) * 100) / 10_000);
  if (stages.length === 0) throw new Error("name at least one stage, for example 1, 5, 25, 50, 100");
  if (stages.some((stage) => !(stage > 0 && stage <= 1))) throw new Error("every stage is above 0 and at most 100 %");
  if (stages.some((stage, i) => i > 0 && stage <= (stages[i - 1] ?? 0))) throw new Error("each stage is larger than the one before");
  return stages;
}

/** The command that begins the same. */
export const beginCommand = ({ flag, stages, step_seconds, step_persons, guards, variant }: RampWish): string =>
  [`trunkline flag ramp ${flag} --to ${tidy(stages.at(-1) ?? 1)} --stages ${stages.map(tidy).join(",")} --step ${step_seconds}s --persons ${step_persons}`, ...guards.map((journey) => `--guard ${journey}`), ...(variant ? [`--variant ${variant}`] : [])].join(" ");

const tidy = (stage: number): string => String(Math.round(stage * 10_000) / 100);
