/** Journeys in words; pure. */
import { MAX_ARMS, share } from "../charts/arms";
import type { Funnel } from "../charts/funnel";
import type { SpreadRow } from "../charts/spread";
import type { TrendMark } from "../charts/trend";
import type { Glyph } from "../look/glyphs";
import { matches, oneOf, partOf } from "../look/terms";
import { count, counted, duration, percent } from "../look/words";
import type { Feature, Group, JourneyRow, Order, Moment, Report, StepReport } from "./shapes";

const ORDERS: Record<Order, string> = { ordered: "in order, other events between allowed", strict: "in order, nothing between", any: "in any order" };

export const orderWords = (order: string): string => ORDERS[order as Order] ?? order;

/** The time of the first step that is looked at; part of the address. */
export type Range = { kind: "last"; hours: number; name: string } | { kind: "between"; from: string; to: string };

export const RANGES: { key: string; hours: number; name: string }[] = [
  { key: "1h", hours: 1, name: "Last hour" },
  { key: "24h", hours: 24, name: "Last 24 hours" },
  { key: "7d", hours: 168, name: "Last 7 days" },
  { key: "28d", hours: 672, name: "Last 28 days" },
];
const DEFAULT_RANGE = RANGES[2]!;

/** From the address; what cannot be read is the last 7 days. */
export function rangeOf(params: URLSearchParams): Range {
  const [from, to] = [params.get("from") ?? "", params.get("to") ?? ""];
  if (isDay(from) && isDay(to) && from <= to) return { kind: "between", from, to };
  const { hours, name } = RANGES.find((r) => r.key === params.get("range")) ?? DEFAULT_RANGE;
  return { kind: "last", hours, name };
}

export const rangeKey = (params: URLSearchParams): string => (rangeOf(params).kind === "between" ? "between" : RANGES.find((r) => r.key === params.get("range"))?.key ?? DEFAULT_RANGE.key);

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

export interface Bounds { from: string; to?: string }

/** What the server is asked for: days are whole and in UTC, the last one included. */
export function bounds(range: Range, now: number): Bounds {
  if (range.kind === "last") return { from: new Date(now - range.hours * 3_600_000).toISOString() };
  return { from: new Date(Date.parse(range.from)).toISOString(), to: new Date(Date.parse(range.to) + 86_400_000).toISOString() };
}

export const rangeHours = (range: Range): number => (range.kind === "last" ? range.hours : (Date.parse(range.to) - Date.parse(range.from)) / 3_600_000 + 24);

/** Hours as long as they can be told apart. */
export const trendBy = (range: Range): "hour" | "day" => (rangeHours(range) <= 168 ? "hour" : "day");

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const entered = (steps: StepReport[]) => steps[0]?.persons ?? 0;
const converted = (steps: StepReport[]) => steps.at(-1)?.persons ?? 0;

export const conversion = (steps: StepReport[]): number => (entered(steps) === 0 ? 0 : converted(steps) / entered(steps));

/** What stands side by side. */
export interface Arm { value: string; steps: StepReport[] }

/** Persons whose value is known; the others are said, not drawn. */
const known = (report: Report): Group[] => report.breakdown.filter((group) => typeof group.value === "string" && !group.is_rest);

/** The values with most persons in the order of their names, so that colours stay when counts change; or everybody. */
export function armsOf(report: Report): Arm[] {
  const most = [...known(report)].sort((a, b) => entered(b.steps) - entered(a.steps)).slice(0, MAX_ARMS);
  if (most.length === 0) return [{ value: "everybody", steps: report.steps }];
  return most.map((group) => ({ value: group.value ?? "", steps: group.steps })).sort((a, b) => byName(a.value, b.value));
}

/** The variant that customers had before comes first, numbers by size, the rest by name. */
function byName(a: string, b: string): number {
  const first = (value: string) => (["control", "off", "false", "old"].includes(value) ? 0 : 1);
  return first(a) - first(b) || a.localeCompare(b, "en", { numeric: true });
}

export function funnelOf(report: Report): Funnel {
  const arms = armsOf(report);
  return { arms: arms.map((a) => a.value), steps: report.steps.map((step, i) => ({ name: step.name, persons: arms.map((a) => a.steps[i]?.persons ?? 0) })) };
}

/** The time from each step to the next. */
export function spreadOf(report: Report): { rows: SpreadRow[]; arms: string[] } {
  const arms = armsOf(report);
  return { arms: arms.map((a) => a.value), rows: report.steps.slice(1).map((step, i) => ({ name: `to ${step.name}`, arms: arms.map((a) => a.steps[i + 1]?.seconds_from_previous ?? null) })) };
}

/** The answer of the page where the server does not give one. */
export function reportSentence(report: Report): string {
  if (report.sentence) return report.sentence;
  const [first, last] = [report.steps[0], report.steps.at(-1)];
  if (!first || !last) return "The journey has no steps";
  if (first.persons === 0) return `Nobody came to ${first.name} in this time`;
  return `${count(last.persons)} of ${counted(first.persons, "person")} who came to ${first.name} came to ${last.name}: ${share(conversion(report.steps))}`;
}

/** The step where most are lost, in a sentence. */
export function worstStep(report: Report): string | undefined {
  if (report.sentence) return undefined;
  const losses = report.steps.slice(1).map((step, i) => ({ name: step.name, before: report.steps[i]?.name ?? "", lost: (report.steps[i]?.persons ?? 0) - step.persons }));
  const worst = losses.sort((a, b) => b.lost - a.lost)[0];
  return worst && worst.lost > 0 ? `Most are lost between ${worst.before} and ${worst.name}: ${counted(worst.lost, "person")}` : undefined;
}

/** What the figures leave out; each is said, none is hidden. */
export function leftOut(report: Report, who: Who, within: string | undefined): string[] {
  const pending = report.pending_persons > 0 ? `${counted(report.pending_persons, "person is", "persons are")} still within the window${within ? ` of ${within}` : ""} and may yet convert; until then they count as not converted` : "Nobody is still within the window: these figures are final";
  const unjoined = typeof report.unjoined_share === "number" ? [`Of ${percent(report.unjoined_share)} of those who entered it is not known which ${report.by ? byWords(report.by) : "value"} they had: they stand apart`] : [];
  const probes = typeof report.synthetic_persons === "number" && report.synthetic_persons > 0 ? [`${counted(report.synthetic_persons, "verifier")} walked the journey too and is left out`.replace("verifiers walked the journey too and is", "verifiers walked the journey too and are")] : [];
  const which = who === "witnessed" ? "Only persons whom the edge has seen itself are counted" : "Everybody is counted, also persons whom only events tell of";
  return [pending, ...unjoined, ...probes, which];
}

export type Who = "everyone" | "witnessed";

/** `variant:one-address` is `variant of one-address`. */
export const byWords = (by: string): string => (by.startsWith("variant:") ? `variant of ${by.slice(8)}` : by);

/** The command that prints the same report. */
export function reportCommand(name: string, range: Range, by: string, who: Who): string {
  const when = range.kind === "between" ? ` --from ${range.from} --to ${range.to}` : ` --from ${range.hours % 24 === 0 ? `${range.hours / 24}d` : `${range.hours}h`}`;
  return `trunkline journey report ${name}${when}${by ? ` --by ${by}` : ""}${who === "witnessed" ? " --who witnessed" : ""}`;
}

const MARKS: Record<string, Pick<TrendMark, "icon" | "kind">> = { deployment: { icon: "deployment", kind: "good" }, rollback: { icon: "undo", kind: "bad" }, flag: { icon: "flag", kind: "busy" } };

/** `pets 7 live (3f9c2ab)`, `one-address ramped` */
export const markWords = ({ service, label }: Moment): string => (service ? `${service} ${label}` : label);

/** Marks as the trend draws them. */
export const marksOf = (marks: Moment[]): TrendMark[] =>
  marks.map((m) => ({ at: m.at, label: markWords(m), ...(MARKS[m.kind] ?? MARKS["deployment"]!), ...(m.kind === "flag" && m.label.endsWith(" killed") && { kind: "bad" }) }));

/** `half within 3 min 12 s, 9 of 10 within 11 min` */
export const quantileWords = (step: StepReport): string => (step.seconds_from_previous ? `half within ${duration(step.seconds_from_previous.p50)}, 9 of 10 within ${duration(step.seconds_from_previous.p90)}` : "");

/** A share that is small and not nothing says so. */
export const smallShare = (value: number): string => (value > 0 && value < 0.001 ? "under 0.1 %" : percent(value));

const TRENDS: Record<Feature["trend"], { icon: Glyph; word: string; kind: "good" | "warn" | "plain" | "busy" }> = {
  rising: { icon: "rising", word: "Rising", kind: "good" },
  steady: { icon: "steady", word: "Steady", kind: "plain" },
  falling: { icon: "falling", word: "Falling", kind: "warn" },
  new: { icon: "new", word: "New", kind: "busy" },
  gone: { icon: "bad", word: "Gone", kind: "plain" },
  too_few: { icon: "question", word: "Too few", kind: "plain" },
};

export const trendWord = (trend: string) => TRENDS[trend as Feature["trend"]] ?? { icon: "question" as Glyph, word: trend, kind: "plain" as const };

export const journeyMatches = ({ journey, domain, steps }: JourneyRow, filter: string): boolean => matches(filter, { domain: oneOf(domain), step: partOf(...steps) }, partOf(journey));

export const featureMatches = (feature: Feature, filter: string): boolean => matches(filter, { trend: oneOf(feature.trend), event: partOf(featureName(feature)) }, partOf(featureName(feature)));

/** The event; of page views with the page. */
export const featureName = ({ event, page }: Pick<Feature, "event" | "page">): string => (page ? `${event} ${page}` : event);
