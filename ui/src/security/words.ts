/** Findings in words; pure. */
import type { State } from "../api/shapes";
import type { Timeline } from "../charts/timeline";
import { matches, oneOf, partOf, type Fits } from "../look/terms";
import { counted, percent } from "../look/words";
import type { Advisories, Finding, FindingEvent, FindingFlag, FindingPage, Gap } from "./shapes";

/** The worst first. What nobody has rated is not harmless: only what is known to be critical comes before it. */
const SEVERITIES: { name: string; state: State }[] = [
  { name: "critical", state: { kind: "bad", word: "Critical" } },
  { name: "unknown", state: { kind: "warn", word: "Not rated" } },
  { name: "high", state: { kind: "bad", word: "High" } },
  { name: "medium", state: { kind: "warn", word: "Medium" } },
  { name: "low", state: { kind: "plain", word: "Low" } },
  { name: "informational", state: { kind: "plain", word: "Informational" } },
];

const UNRATED = 1;

/** A severity that this page does not know is one that nobody has rated. */
function rank(severity: string): number {
  const place = SEVERITIES.findIndex(({ name }) => name === severity);
  return place < 0 ? UNRATED : place;
}

export const severityState = (severity: string): State => SEVERITIES[rank(severity)]!.state;

const isOpen = (finding: Finding): boolean => finding.state === "open";

/** One that was closed and is there again says so, where its history is known. */
export function findingState({ state, history }: Pick<Finding, "state" | "history">): State {
  if (state === "closed") return { kind: "good", word: "Closed" };
  return { kind: "bad", word: history?.findLast(({ what }) => what === "opened" || what === "reopened")?.what === "reopened" ? "Open again" : "Open" };
}

/** Open ones first, the worst first, and of those the one that customers have had the longest. */
export const inOrder = (findings: Finding[]): Finding[] =>
  [...findings].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || rank(a.severity) - rank(b.severity) || Date.parse(a.since.at) - Date.parse(b.since.at));

export const NOBODY = "nobody";

export function findingMatches(f: Finding, filter: string): boolean {
  const due: Fits = (value) => value === "overdue" && f.overdue === true;
  const keys = { state: oneOf(f.state), severity: oneOf(f.severity), due, domain: oneOf(f.owner ?? NOBODY), service: oneOf(...f.services), package: oneOf(f.package), flag: oneOf(f.flag?.key) };
  return matches(filter, keys, partOf(f.id, ...f.aliases, f.package, f.summary));
}

/** What is open of one domain. */
export interface DomainRow { domain: string; open: Finding[]; bySeverity: Record<string, number>; overdue: number; oldest: string }

/** The columns of the table of domains; what nobody has rated stands for itself. */
export const COUNTED = ["critical", "high", "medium", "low", "informational", "unknown"] as const;

export function domainsOf(findings: Finding[]): DomainRow[] {
  const open = findings.filter(isOpen);
  const names = [...new Set(open.map(({ owner }) => owner ?? NOBODY))];
  const rows = names.map((domain) => {
    const own = open.filter(({ owner }) => (owner ?? NOBODY) === domain);
    const bySeverity = Object.fromEntries(COUNTED.map((severity) => [severity, own.filter((f) => SEVERITIES[rank(f.severity)]!.name === severity).length]));
    const oldest = own.map(({ since }) => since.at).sort((a, b) => Date.parse(a) - Date.parse(b))[0]!;
    return { domain, open: own, bySeverity, overdue: own.filter(({ overdue }) => overdue).length, oldest };
  });
  return rows.sort((a, b) => b.open.length - a.open.length || a.domain.localeCompare(b.domain));
}

/** The page's answer: what customers have, and how much of that is known at all. */
export function standing({ items, unknown, advisories }: FindingPage): { state: State; text: string } {
  if (advisories.count === 0) return { state: { kind: "warn", word: "Not known" }, text: "No advisories were imported: whether what customers have is vulnerable is not known" };
  const open = items.filter(isOpen);
  const gaps = unknown.length > 0 ? `; ${counted(unknown.length, "part", "parts")} of what is live could not be judged` : "";
  if (open.length > 0) {
    const worst = inOrder(open)[0]!;
    const { kind, word } = severityState(worst.severity);
    return { state: { kind, word: "Open findings" }, text: `${counted(open.length, "finding is", "findings are")} open in what customers have, the worst is ${word.toLowerCase()}: ${worst.id} in ${worst.package} ${worst.version}${gaps}` };
  }
  if (advisories.stale) return { state: { kind: "warn", word: "Out of date" }, text: `Nothing is known against what customers have, by advisories that are out of date${gaps}` };
  if (gaps !== "") return { state: { kind: "warn", word: "Partly known" }, text: `Nothing is known against the rest of what customers have${gaps}` };
  return { state: { kind: "good", word: "Nothing known" }, text: "No advisory speaks of anything that customers have" };
}

const day = (at: string): string => at.slice(0, 10);

/** When it is to be mended; nothing of what is closed or has no day. */
export function dueState({ state, due, overdue }: Pick<Finding, "state" | "due" | "overdue">): State | undefined {
  if (state === "closed" || !due) return undefined;
  return overdue ? { kind: "bad", word: "Overdue" } : { kind: "plain", word: day(due) };
}

/** Who is reached by what it stands behind. */
export function exposureWords(flag: FindingFlag | null | undefined): string {
  if (!flag) return "everybody who gets it";
  if (flag.killed) return `nobody: ${flag.key} is killed`;
  return typeof flag.exposed_share === "number" ? `${percent(flag.exposed_share)} through ${flag.key}` : `by rules of ${flag.key}`;
}

/** What can be done, as the server says it. */
export interface Ways { kill: boolean; back?: number; bump?: string }

export function waysOf(actions: string[]): Ways {
  const ways: Ways = { kill: false };
  for (const action of actions) {
    const [verb = "", ...rest] = action.split(":");
    const value = rest.join(":");
    if (verb === "kill") ways.kill = true;
    if (verb === "roll_back_to" && /^\d+$/.test(value)) ways.back = Number(value);
    if (verb === "bump" && value !== "") ways.bump = value;
  }
  return ways;
}

/** Names and versions are others' words: only plain ones become part of a command. */
const PLAIN = /^[\w@.+/-]+$/;

const COMMANDS: { ecosystem: string; lockfile?: string; command: (name: string, from: string, to: string) => string }[] = [
  { ecosystem: "npm", command: (name, _, to) => `npm install ${name}@${to}` },
  { ecosystem: "crates.io", command: (name, from, to) => `cargo update ${name}@${from} --precise ${to}` },
  { ecosystem: "PyPI", lockfile: "uv.lock", command: (name, _, to) => `uv lock --upgrade-package ${name}==${to}` },
  { ecosystem: "PyPI", lockfile: "poetry.lock", command: (name, _, to) => `poetry add ${name}==${to}` },
  { ecosystem: "PyPI", command: (name, _, to) => `${name}==${to}` },
];

/** What to type for the smallest bump; where no tool is known, name and version. */
export function bumpText({ ecosystem, package: name, version, source }: Pick<Finding, "ecosystem" | "package" | "version" | "source">, to: string): string {
  const isPlain = [name, version, to].every((word) => PLAIN.test(word));
  const found = COMMANDS.find((one) => one.ecosystem === ecosystem && (!one.lockfile || source.endsWith(one.lockfile)));
  return isPlain && found ? found.command(name, version, to) : `${name} ${to}`;
}

/** Since when customers have it and since when that is known, over one axis. */
export function timelineOf(finding: Finding, now: string): Timeline {
  const { since, opened, closed, package: name, version } = finding;
  const to = closed ?? null;
  const lanes = [
    { name: "Live", marks: [], spans: [{ from: since.at, to, kind: "plain", label: `${name} ${version} since deployment ${since.deployment}` }] },
    { name: "Known", marks: [], spans: [{ from: opened, to, kind: closed ? "plain" : "bad", label: closed ? "was open" : "open" }] },
  ];
  const done = (finding.history ?? []).filter(isDone);
  const acted = done.length > 0 ? [{ name: "Done", spans: [], marks: done.map(({ at, what }) => ({ at, kind: "good", icon: "mark", label: eventWords(what) })) }] : [];
  return { from: since.at, to: to ?? now, lanes: [...lanes, ...acted] };
}

const TOLD: Record<string, string> = { opened: "Opened", changed: "Changed", closed: "Closed", reopened: "Open again" };

/** What a person did, and nobody worked out. */
const isDone = ({ what }: FindingEvent): boolean => !(what in TOLD);

export const eventWords = (what: string): string => TOLD[what] ?? what.charAt(0).toUpperCase() + what.slice(1);

/** Why an answer may be missing something, each in a sentence. */
export function doubts({ count, stale, sentence, quarantined, imports }: Advisories): string[] {
  if (count === 0) return [];
  const failed = imports.filter(({ trouble }) => trouble).map(({ source, trouble }) => `${source} could not be refreshed: ${trouble}`);
  const broken = imports.filter(({ ended, trouble }) => !ended && !trouble).map(({ source }) => `The import of ${source} goes on or was broken off`);
  const aside = quarantined > 0 ? [`${counted(quarantined, "document")} could not be read as ${quarantined === 1 ? "an advisory" : "advisories"} and ${quarantined === 1 ? "is" : "are"} kept aside`] : [];
  return [...(stale ? [sentence] : []), ...failed, ...broken, ...aside];
}

/** Where a gap is. */
export const gapPlace = ({ service, deployment, path }: Gap): string => (path ? `${path} of ${service} ${deployment}` : `all of ${service} ${deployment}`);
