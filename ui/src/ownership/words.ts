/** Domains, principles and waivers in words; pure. */
import type { State } from "../api/shapes";
import { matches, oneOf, partOf } from "../look/terms";
import { count, counted } from "../look/words";
import type { Check, Counts, DomainItem, DomainsView, Gate, Mode, PrincipleItem, Unowned, Waiver } from "./shapes";

export const domainMatches = (d: DomainItem, filter: string): boolean =>
  matches(filter, { team: oneOf(d.team ?? NOBODY), person: oneOf(...d.people), table: oneOf(...d.tables), event: oneOf(...d.events), flag: oneOf(...d.flags), journey: oneOf(...d.journeys), experiment: oneOf(...d.experiments), survey: oneOf(...d.surveys) }, partOf(d.name, ...d.paths));

export const unownedMatches = ({ kind, name }: Unowned, filter: string): boolean => matches(filter, { kind: oneOf(kind) }, partOf(name));

export const principleMatches = ({ mode, checks, gates, agreed, title, statement }: PrincipleItem, filter: string): boolean =>
  matches(filter, { mode: oneOf(mode), check: oneOf(...checks), gate: oneOf(...gates), person: oneOf(...agreed.map((one) => one.person)) }, partOf(title, statement));

export const waiverMatches = ({ state, check, domain, author, principle, what, reason }: Waiver, filter: string): boolean =>
  matches(filter, { state: oneOf(state), check: oneOf(check), domain: oneOf(domain ?? NOBODY), person: oneOf(author), principle: oneOf(principle) }, partOf(what, reason));

const NOBODY = "nobody";

/** `2 tables, 1 flag`; what there is none of is left out. */
export function ownsWords(domain: Pick<DomainItem, "tables" | "events" | "flags" | "journeys" | "experiments" | "surveys">): string {
  const kinds: [number, string][] = [[domain.tables.length, "table"], [domain.events.length, "event"], [domain.flags.length, "flag"], [domain.journeys.length, "journey"], [domain.experiments.length, "experiment"], [domain.surveys.length, "survey"]];
  return kinds.filter(([n]) => n > 0).map(([n, kind]) => counted(n, kind)).join(", ");
}

/** What the page of domains says first. */
export function domainsSentence({ items, unowned_count: unowned }: DomainsView): string {
  if (items.length === 0) return unowned === 0 ? "No domain is declared: who owns what is not known" : `No domain is declared; nobody owns ${counted(unowned, "thing")}`;
  const teams = new Set(items.flatMap(({ team }) => team ?? [])).size;
  const without = items.filter(({ team }) => !team).length;
  const has = `${counted(items.length, "domain")} of ${counted(teams, "team")}${without > 0 ? `, ${count(without)} without a team` : ""}`;
  return unowned === 0 ? `${has}; everything that was found has an owner` : `${has}; nobody owns ${counted(unowned, "thing")}`;
}

export function domainsState({ items, unowned_count: unowned, problems, unread }: DomainsView): State {
  if (items.length === 0) return { kind: "plain", word: "Not declared" };
  if (problems.length > 0 || unread.length > 0) return { kind: "warn", word: "Not all is known" };
  return unowned === 0 ? { kind: "good", word: "All is owned" } : { kind: "warn", word: "Some is nobody's" };
}

/** `2 paths, 1 table` */
export function unownedWords(things: Unowned[]): string {
  const kinds = [...new Set(things.map(({ kind }) => kind))];
  return kinds.map((kind) => counted(things.filter((thing) => thing.kind === kind).length, kind)).join(", ");
}

/** What breaks principles at one place, by what it does. */
export function countsState({ denied, warned, observed, waived }: Counts): State {
  if (denied > 0) return { kind: "bad", word: `${count(denied)} stopped` };
  if (warned > 0) return { kind: "warn", word: `${count(warned)} warned of` };
  if (observed > 0) return { kind: "plain", word: `${count(observed)} observed` };
  return waived > 0 ? { kind: "plain", word: `${count(waived)} waived` } : { kind: "good", word: "No violation" };
}

/** `1 stops a gate, 3 are observed` */
export function violationWords({ denied, warned, observed, waived }: Counts): string {
  const kinds: [number, string, string][] = [[denied, "stops a gate", "stop a gate"], [warned, "is warned of", "are warned of"], [observed, "is observed", "are observed"], [waived, "is waived", "are waived"]];
  return kinds.filter(([n]) => n > 0).map(([n, one, many]) => counted(n, one, many)).join(", ");
}

const MODES: Record<Mode, State> = {
  observe: { kind: "plain", word: "Observes" },
  warn: { kind: "warn", word: "Warns" },
  deny: { kind: "good", word: "Enforced" },
};

export const modeState = (mode: Mode): State => MODES[mode];

const GATES: Record<Gate, string> = { merge: "before a merge", deployment: "before a deployment", exposure: "before customers see a flag" };

/** What it does to whom, in a sentence. */
export function modeSentence({ mode, gates, checks, path }: Pick<PrincipleItem, "mode" | "gates" | "checks" | "path">): string {
  if (checks.length === 0) return "It is stated and has no check: people hold each other to it.";
  const where = gates.length > 0 ? list(gates.map((gate) => GATES[gate])) : "at every gate";
  switch (mode) {
    case "observe":
      return `It stops nothing yet: it shows what it would have stopped. \`mode: deny\` in \`${path}\` turns it on.`;
    case "warn":
      return `It tells whoever breaks it, ${where}, and stops nothing.`;
    case "deny":
      return `What breaks it is stopped ${where}, unless the owning domain grants a waiver.`;
  }
}

/** `a, b and c` */
export const list = (words: string[]): string => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

/** What each check looks for, for everybody. */
const CHECKS: Record<Check, string> = {
  "owner-exists": "every owner that is named is a team or person of the catalog",
  "file-without-owner": "every file belongs to a domain",
  "table-without-owner": "every table belongs to a domain",
  "write-to-foreign-table": "only the domain of a table writes it",
  "flag-without-owner": "every flag names its owner",
  "flag-without-expiry": "every flag says when it will be gone",
  "flag-without-journey": "every flag names the journey that it is measured by",
  "event-without-owner": "every event belongs to a domain",
  "dependency-off-radar": "new dependencies are ones that were agreed on",
  "import-across-surface": "code of another domain is used only where that domain offers it",
};

export const CHECK_NAMES = Object.keys(CHECKS) as Check[];

export const checkWords = (check: Check): string => CHECKS[check];

/** How often it would have stopped a commit of the last days. */
export function historyWords({ history }: Pick<PrincipleItem, "history">): string {
  if (!history) return "not known yet";
  return `${count(history.commits)} of ${counted(history.of_commits, "commit")}`;
}

const WAIVERS: Record<Waiver["state"], State> = {
  asked: { kind: "warn", word: "Waits" },
  granted: { kind: "good", word: "Granted" },
  declined: { kind: "plain", word: "Declined" },
  revoked: { kind: "plain", word: "Revoked" },
  expired: { kind: "plain", word: "Expired" },
  not_approved: { kind: "bad", word: "Not approved" },
  unfit: { kind: "bad", word: "Counts as none" },
};

export const waiverState = ({ state }: Pick<Waiver, "state">): State => WAIVERS[state];

/** Why this person can't approve a waiver; nothing if they may try. */
export function mayNotApprove(waiver: Waiver, person: string | null | undefined): string | undefined {
  const others = list(waiver.approvers.filter((one) => one !== waiver.author)) || (waiver.domain ? `somebody of ${waiver.domain}` : undefined);
  if (!others) return "nobody owns what it is about: name an owner first";
  if (!person) return `${others} may approve it; this session is nobody's`;
  if (person === waiver.author) return `you asked for it: ${others} may approve it`;
  return waiver.approvers.length > 0 && !waiver.approvers.includes(person) ? `${others} may approve it` : undefined;
}

/** A day so many days from a moment, as `2026-12-06`. */
export const dayIn = (days: number, now: number): string => new Date(now + days * 86_400_000).toISOString().slice(0, 10);

/** How long a waiver counts yet; its last day is one of them. */
export function untilWords(expires: string, now: number): string {
  const left = Math.floor((Date.parse(expires) - Date.parse(dayIn(0, now))) / 86_400_000);
  if (Number.isNaN(left)) return expires;
  if (left < 0) return `ended ${expires}`;
  return left === 0 ? "today is the last day" : `${counted(left, "day")} left`;
}
