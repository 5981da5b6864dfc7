/** Flags in words; pure. */
import type { State, StateKind } from "../api/shapes";
import { count, counted, duration, percent } from "../look/words";
import type { FlagRow, FlagState, FlagView, Share } from "./shapes";

const STATES: Record<FlagState, { kind: StateKind; word: string }> = {
  dark: { kind: "dark", word: "Dark" },
  ramping: { kind: "busy", word: "Ramping" },
  live: { kind: "good", word: "Live" },
  killed: { kind: "bad", word: "Killed" },
  retiring: { kind: "warn", word: "Retiring" },
  archived: { kind: "plain", word: "Archived" },
};

export function flagState(state: string): State {
  return STATES[state as FlagState] ?? { kind: "plain", word: state.charAt(0).toUpperCase() + state.slice(1) };
}

/** The split that divides customers; where rules divide them further one variant for all is the default, and no split. */
export const splitOf = ({ state, split }: { state: string; split?: Share[] | null }): Share[] => (state === "ramping" && split?.some((s) => s.share === 1) ? [] : split ?? []);

/** Variants with the one first that customers had before, so that its colour is the same everywhere. */
export const inOrder = ({ variants, default_variant }: Pick<FlagView, "variants" | "default_variant">): string[] => [...variants].sort((a, b) => Number(b === default_variant) - Number(a === default_variant));

/** `off 75 %, on 25 %`; who gets nothing is left out. */
export const splitWords = (split: Share[]): string => split.filter((s) => s.share > 0).map((s) => `${s.variant} ${percent(s.share)}`).join(", ");

/** `flag.ramped` is `ramped`; `tester_added` has a space. */
export const whatWords = (what: string): string => what.replace(/^flag\./, "").replaceAll(/[_.]/g, " ");

/** A value as it is typed, short enough for a row. */
export function valueWord(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** The answer of the flag's page, in a sentence. */
export function flagSentence(flag: FlagView): string {
  const split = splitOf(flag);
  const shares = splitWords(split);
  switch (flag.state as FlagState) {
    case "killed":
      return `Off for everybody since it was killed${flag.killed_by ? ` by ${flag.killed_by.who}${flag.killed_by.why ? `: ${flag.killed_by.why}` : ""}` : ""}; no rule counts until the kill is cleared`;
    case "dark":
      return flag.testers.length > 0
        ? `Deployed and not released: only ${counted(flag.testers.length, "tester")} and verifiers get anything but ${quoted(flag.default_variant)}`
        : `Deployed and not released: customers get ${quoted(flag.default_variant)}; only verifiers get anything else`;
    case "ramping":
      return shares ? `Customers are divided: ${shares}. Whoever is in a variant stays in it while its share grows` : "Some customers get it by rule, the others do not";
    case "live":
      return split.length === 1 || split.some((s) => s.share === 1) ? `Everybody gets ${quoted(split.find((s) => s.share === 1)?.variant ?? split[0]?.variant)}` : flag.rules.length > 0 ? "In force for customers as its rules say" : `Everybody gets ${quoted(flag.default_variant)}`;
    case "retiring":
      return `Trunk has it no more; ${quoted(flag.default_variant)} is served to code that still asks, until somebody retires it`;
    case "archived":
      return "Not served any more; its history stays";
    default:
      return `It is ${flag.state}`;
  }
}

const quoted = (variant: string | null | undefined) => (variant ? `\`${variant}\`` : "the value in the code");

/** How a flag's end stands to the present; said before it is late. */
export function expiryWords(expires: string, now: number): { text: string; late: boolean } {
  const left = (Date.parse(expires) - now) / 1000;
  if (Number.isNaN(left)) return { text: expires, late: false };
  if (left < 0) return { text: `should be gone since ${duration(-left)}`, late: true };
  return { text: `ends in ${duration(left)}`, late: left < 14 * 86_400 };
}

/** Whom an action concerns, one line each: shown before it is done. */
export function blastWords(flag: FlagView): string[] {
  const persons = flag.blast.persons_now;
  const who = typeof persons === "number" ? `${counted(persons, "person has", "persons have")} another variant than the off one now` : "How many persons have another variant than the off one is not known";
  const journeys = flag.blast.journeys;
  return [who, journeys.length > 0 ? `${counted(journeys.length, "journey is", "journeys are")} measured with it: ${journeys.join(", ")}` : "No journey is measured with it", flag.owner ? `Its owner is ${flag.owner}` : "Nobody owns it"];
}

export type Shares = Record<string, number>;

/** Why shares (in per cent) can't be set, or nothing. */
export function wrongWith(shares: Shares): string | undefined {
  const values = Object.values(shares);
  if (values.some((v) => !Number.isFinite(v) || v < 0 || v > 100)) return "every share is between 0 and 100 %";
  const sum = Math.round(values.reduce((a, b) => a + b, 0) * 1000) / 1000;
  return sum === 100 ? undefined : `the shares make ${sum} % together, not 100 %`;
}

/** One share is set; the others give or take in proportion, so that the whole stays whole. */
export function rebalance(shares: Shares, variant: string, value: number): Shares {
  const wanted = Math.min(Math.max(Number.isFinite(value) ? value : 0, 0), 100);
  const others = Object.keys(shares).filter((name) => name !== variant);
  const rest = others.reduce((sum, name) => sum + (shares[name] ?? 0), 0);
  const left = 100 - wanted;
  const each = others.map((name) => [name, tenth(rest > 0 ? ((shares[name] ?? 0) / rest) * left : left / others.length)] as const);
  const next: Shares = { ...Object.fromEntries(each), [variant]: others.length === 0 ? 100 : tenth(wanted) };
  const first = others[0];
  // What rounding leaves over goes to the first of the others.
  if (first !== undefined) next[first] = tenth((next[first] ?? 0) + 100 - Object.values(next).reduce((a, b) => a + b, 0));
  return Object.fromEntries(Object.keys(shares).map((name) => [name, next[name] ?? 0]));
}

const tenth = (n: number) => Math.round(n * 10) / 10;

/** What a ramp does to whom, before it is done. */
export function rampWords(before: Share[], after: Shares, persons: number | null | undefined): string[] {
  return Object.entries(after).map(([variant, share]) => {
    const was = (before.find((s) => s.variant === variant)?.share ?? 0) * 100;
    const change = tenth(share - was);
    const some = typeof persons === "number" && change !== 0 ? `, about ${count(Math.round((Math.abs(change) / 100) * persons))} of the ${count(persons)} persons seen` : "";
    if (change === 0) return `${variant} stays at ${tenth(share)} %`;
    return `${variant} ${change > 0 ? "grows" : "shrinks"} from ${tenth(was)} to ${tenth(share)} %${some}`;
  });
}

/** Where a row of the list says who is exposed. */
export const exposedWords = (row: Pick<FlagRow, "exposed_persons">): string => (typeof row.exposed_persons === "number" ? count(row.exposed_persons) : "not known");

/** Whether the server would take a ramp; `no_ramp` says why not. */
export const canRamp = ({ variants, no_ramp }: Pick<FlagView, "variants" | "no_ramp">): boolean => variants.length > 1 && no_ramp == null;

/** The command that ramps it just so. */
export const rampCommand = (key: string, shares: Shares): string => `trunkline flag ramp ${key} ${Object.entries(shares).map(([variant, share]) => `${variant}=${share}`).join(" ")}`;
