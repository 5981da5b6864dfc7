/** What gates say, in words; pure. */
import type { GateProblem, Judgement, State, StepView } from "../api/shapes";
import { stateOf } from "./states";

const VERDICTS: Record<Judgement["state"], State> = {
  passed: { kind: "good", word: "Passed" },
  failed: { kind: "bad", word: "Failed" },
  unknown: { kind: "bad", word: "Unknown" },
  held: { kind: "warn", word: "Observed" },
  not_judged: { kind: "warn", word: "Not judged" },
};

export const verdictState = (judgement: Judgement): State => VERDICTS[judgement.state];

/** How a step ended; a gate's word says more than that it passed. */
export const stepState = ({ state, judgement }: Pick<StepView, "state" | "judgement">): State => (judgement && state !== "timed_out" ? verdictState(judgement) : stateOf(state));

/** `gate: security` is told as `security`. */
export const gateName = (step: string): string => step.replace(/^gate: /, "");

/** What its verdict means for the change. */
const MEANINGS: Record<Judgement["state"], string> = {
  passed: "It lets the change pass.",
  failed: "It stops the change.",
  unknown: "It could not judge, and what is not known does not pass.",
  held: "It would have stopped the change; its people have not turned it on, so it passes.",
  not_judged: "It was given nothing to judge by, so nothing is known, and the change passes.",
};

export const meaningOf = (judgement: Judgement): string => MEANINGS[judgement.state];

/** `src/a.js:3:9` */
export const placeOf = ({ file, line, column }: GateProblem): string | undefined => (file ? [file, line, column].filter((part) => part !== undefined && part !== null).join(":") : undefined);

/** What a gate saw: what fits a line as such, everything else as it is. */
export interface Seen { facts: [string, string][]; rest: [string, unknown][] }

const isEntry = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Short things stand in a line; nested ones by `name, part`. */
export function seenOf(evidence: unknown): Seen {
  const seen: Seen = { facts: [], rest: [] };
  if (!isEntry(evidence)) return seen;
  for (const [name, value] of Object.entries(evidence)) sort(name.replaceAll("_", " "), value, seen);
  return seen;
}

function sort(name: string, value: unknown, seen: Seen): void {
  if (Array.isArray(value) && value.length === 0) seen.facts.push([name, "none"]);
  else if (Array.isArray(value) && value.every(isPlain)) seen.facts.push([name, value.map(plain).join(", ")]);
  else if (Array.isArray(value)) seen.rest.push([`${name}, ${value.length}`, value]);
  else if (isEntry(value)) for (const [part, inner] of Object.entries(value)) isPlain(inner) ? seen.facts.push([`${name}, ${part.replaceAll("_", " ")}`, plain(inner)]) : seen.rest.push([`${name}, ${part.replaceAll("_", " ")}`, inner]);
  else seen.facts.push([name, plain(value)]);
}

const isPlain = (value: unknown): boolean => typeof value !== "object" || value === null;

function plain(value: unknown): string {
  if (value === null) return "not known";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? new Intl.NumberFormat("en-GB").format(value) : String(value);
}
