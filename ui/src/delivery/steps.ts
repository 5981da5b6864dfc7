/** Steps of a deployment in words; pure. */
import type { DeploymentStep, State } from "../api/shapes";
import type { Funnel } from "../charts/funnel";

const NAMES: Record<DeploymentStep["kind"], string> = { artifact: "Artifact of", probe: "Dark verification of", guard: "Guard of" };

export const stepName = ({ kind, name }: DeploymentStep): string => `${NAMES[kind]} ${name}`;

/** A probe is walked in the dark; a guard that still looks has not said anything. */
export function stepState({ kind, state }: DeploymentStep): State {
  if (state === "failed") return { kind: "bad", word: kind === "artifact" ? "Refused" : kind === "guard" ? "Worse" : "Failed" };
  if (state === "running") return { kind: "busy", word: kind === "guard" ? "Looking" : "Running" };
  return kind === "probe" ? { kind: "dark", word: "Passed in the dark" } : { kind: "good", word: kind === "artifact" ? "Verified" : "Holds" };
}

interface Side { deployment: number; persons: number[] }

/** `rollout::guard::seen` on the wire: persons by step on both versions; nothing if it is shaped otherwise. */
export function guardOf(evidence: unknown): Funnel | undefined {
  const { steps, old, new: young } = (evidence ?? {}) as { steps?: unknown; old?: Side; new?: Side };
  const sides = [old, young].filter((side): side is Side => Array.isArray(side?.persons));
  if (!Array.isArray(steps) || sides.length < 2 || sides.some(({ persons }) => persons.length !== steps.length) || steps.length === 0) return undefined;
  return { arms: sides.map(({ deployment }) => `deployment ${deployment}`), steps: steps.map((name, i) => ({ name: String(name), persons: sides.map(({ persons }) => Number(persons[i])) })) };
}
