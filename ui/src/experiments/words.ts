/** Experiments in words; pure. */
import type { State } from "../api/shapes";
import { share } from "../charts/arms";
import type { Effect } from "../charts/forest";
import type { SequencePoint } from "../charts/sequence";
import { matches, oneOf, partOf } from "../look/terms";
import { count, counted, duration, percent, signed } from "../look/words";
import type { Decision, Estimate, ExperimentRow, ExperimentView, Look, Metric, Verdict } from "./shapes";

const DECISIONS: Record<Decision, State> = {
  ship: { kind: "good", word: "Ship" },
  roll_back: { kind: "bad", word: "Roll back" },
  keep_running: { kind: "busy", word: "Keep running" },
  inconclusive: { kind: "plain", word: "Inconclusive" },
  invalid: { kind: "warn", word: "Invalid" },
};

export const decisionState = (decision: Decision): State => DECISIONS[decision];

/** How far it is; one that is decided says what. */
export function experimentState({ state, verdict }: Pick<ExperimentRow, "state" | "verdict">): State {
  switch (state) {
    case "draft":
      return { kind: "plain", word: "Draft" };
    case "running":
      return { kind: "busy", word: "Running" };
    case "stopped":
      return { kind: "plain", word: "Stopped" };
    case "decided":
      return verdict ? { kind: DECISIONS[verdict.decision].kind, word: `Decided: ${DECISIONS[verdict.decision].word.toLowerCase()}` } : { kind: "plain", word: "Decided" };
  }
}

export const experimentMatches = ({ key, state, owner, flag, hypothesis, verdict }: ExperimentRow, filter: string): boolean =>
  matches(filter, { state: oneOf(state), verdict: oneOf(verdict?.decision), owner: oneOf(owner), flag: oneOf(flag) }, partOf(key, hypothesis, verdict?.sentence));

/** A verdict in words, with who decided if it was a person. */
export const saidOf = ({ by, sentence }: Verdict): string => (by ? `${by} decided: ${sentence}` : sentence);

/** What the page says first. */
export function answerOf(view: ExperimentView): string {
  if (view.verdict) return saidOf(view.verdict);
  return view.state === "running" ? "It has begun; nobody was seen yet." : "Declared, and nobody is counted. Start it once its flag divides customers.";
}

const STATES: Record<Metric["state"], State> = {
  open: { kind: "plain", word: "Open" },
  better: { kind: "good", word: "Better" },
  not_worse: { kind: "good", word: "Not worse" },
  worse: { kind: "bad", word: "Worse" },
};

export const metricState = (metric: Metric): State => STATES[metric.state];

/** The mean of an arm: a share, or a number a person. */
export const meanWords = (metric: Metric, mean: number): string => (metric.is_share ? share(mean) : mean.toFixed(2));

/** `+12.1 points, +4.0 to +20.2` */
export function absoluteWords(metric: Metric): string {
  const told = metric.absolute;
  if (!told) return "not known";
  const [scale, digits] = metric.is_share ? [100, 1] : [1, 2];
  return `${signed(told.estimate * scale, digits)}${metric.is_share ? " points" : ""}, ${range(told, scale, digits)}`;
}

/** `+22.8 %, +7.5 to +38.2` */
export const relativeWords = ({ relative }: Metric): string => (relative ? `${signed(relative.estimate * 100, 1)} %, ${range(relative, 100, 1)}` : "not known");

const range = ({ lower, upper }: Estimate, scale: number, digits: number): string => `${signed(lower * scale, digits)} to ${signed(upper * scale, digits)}`;

/** Relative lifts that have an interval, as they are drawn. */
export const effectsOf = (metrics: Metric[]): Effect[] =>
  metrics.flatMap((metric) => (metric.relative ? [{ name: metric.name, role: metric.role, ...metric.relative, kind: { bad: "bad", good: "good" }[STATES[metric.state].kind as "bad" | "good"] ?? "plain" }] : []));

/** The first success over the looks. */
export function sequenceOf(looks: Look[]): { name: string; isShare: boolean; points: SequencePoint[] } | undefined {
  const first = looks[0]?.assessment.metrics.findIndex((metric) => metric.role === "success") ?? -1;
  const metric = looks[0]?.assessment.metrics[first];
  if (!metric) return undefined;
  const points = looks.flatMap(({ at, look, assessment }) => {
    const told = assessment.metrics[first]?.absolute;
    return told ? [{ at, look, estimate: told.estimate, lower: told.lower, upper: told.upper }] : [];
  });
  return { name: metric.name, isShare: metric.is_share, points };
}

/** Whether the arms can be compared at all, one line each, the worst first. */
export function diagnostics(view: ExperimentView): { state: State; text: string }[] {
  const lines: { state: State; text: string }[] = [];
  if (view.srm) {
    const sizes = view.arms.map((arm) => `${count(arm.units)} ${arm.variant}`).join(", ");
    const p = view.srm.p < 0.0001 ? "below 0.0001" : view.srm.p.toFixed(4);
    lines.push({ state: view.srm.ok ? good("As planned") : bad("Not as planned"), text: `Sizes of the arms: ${sizes} (p ${p}, at all looks together)` });
  }
  const all = view.arms.reduce((sum, arm) => sum + arm.units, 0) + view.shown_both;
  const both = all === 0 ? 0 : view.shown_both / all;
  lines.push({ state: both > 0.01 && view.shown_both >= 10 ? bad("Too many") : good("Few"), text: `Shown both variants: ${counted(view.shown_both, "person")} (${percent(both)}); left out` });
  lines.push({ state: { kind: "plain", word: "Left out" }, text: `Shown one, and their cookie has not come back: ${counted(view.unwitnessed, "person")}` });
  const followed = view.arms.reduce((sum, arm) => sum + arm.followed, 0);
  lines.push({ state: { kind: "plain", word: "Counted" }, text: `Followed to their end: ${count(followed)} of ${counted(all - view.shown_both, "person")}; the others are in no figure yet` });
  return lines;
}

const good = (word: string): State => ({ kind: "good", word });
const bad = (word: string): State => ({ kind: "bad", word });

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A length of time as a definition has it, in words: `7d` is `7 days`. */
export function lengthWords(text: string): string {
  const [, n, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return n === undefined ? text : duration(Number(n) * SECONDS[unit]!);
}

/** How long it may take yet. */
export function leftWords(days: number): string {
  if (days >= 1) return `at most ${days.toFixed(1)} days left`;
  return days * 24 >= 1 ? `at most ${(days * 24).toFixed(1)} hours left` : `at most ${Math.ceil(days * 1440)} minutes left`;
}
