import { glyphs, type Glyph } from "../look/glyphs";
import { count } from "../look/words";
import { share, wilson } from "./arms";
import { colour, escape, line, round, svg, text, textWidth } from "./svg";

/** Who entered in one hour or day, and how far they came; who may still convert is pending. */
export interface TrendPoint { at: string; entered: number; converted: number; pending: number }

/** Something that happened to the product. */
export interface TrendMark { at: string; kind: string; icon: string; label: string }

export interface Trend { points: TrendPoint[]; marks: TrendMark[]; by: "hour" | "day"; what: string }

export const TREND_HEIGHT = 220;
const LEFT = 46;
const TOP = 34;
const BOTTOM = TREND_HEIGHT - 24;

const rateOf = (p: TrendPoint): number => (p.entered === 0 ? 0 : p.converted / p.entered);

/** A point that has somebody in it; where nobody entered there is no share to draw. */
const hasSome = (p: TrendPoint) => p.entered > 0;

/** More than one of a hundred may still convert: what is drawn is too low. */
export const isPending = (p: TrendPoint): boolean => p.entered > 0 && p.pending / p.entered > 0.01;

/** `14:00` or `18 Nov`, in UTC as all times. */
export function momentWord(at: string, by: "hour" | "day"): string {
  const date = new Date(at);
  const day = date.toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  return by === "day" ? day : `${day} ${date.toISOString().slice(11, 16)}`;
}

/** What the picture shows, in a sentence. */
export function trendSentence(data: Trend): string {
  const some = data.points.filter(hasSome);
  const settled = some.filter((p) => !isPending(p));
  const [first, last] = [settled[0], settled.at(-1)];
  if (!first || !last) return some.length > 0 ? `${data.what} by ${data.by}: all who entered may still convert` : `${data.what} by ${data.by}: nobody entered`;
  const pending = some.length - settled.length;
  const marks = data.marks.length > 0 ? ` Marked: ${data.marks.map((m) => `${m.label} at ${momentWord(m.at, data.by)}`).join(", ")}.` : "";
  const tail = pending > 0 ? ` The last ${pending === 1 ? data.by : `${pending} ${data.by}s`} may still rise: persons are within the window.` : "";
  return `${data.what} by ${data.by} of entry: ${share(rateOf(first))} at ${momentWord(first.at, data.by)}, ${share(rateOf(last))} at ${momentWord(last.at, data.by)}.${tail}${marks}`;
}

interface Scale { x: (at: number) => number; y: (rate: number) => number; low: number; high: number }

/** The share that converted over the time of entry, with its 95 % band and what happened meanwhile. */
export function trend(data: Trend, width: number): string {
  const some = data.points.filter(hasSome);
  if (some.length === 0) return svg(width, TREND_HEIGHT, trendSentence(data), text(width / 2, TREND_HEIGHT / 2, "Nobody entered in this time", "faint", "middle"));
  const scale = scaleOf(data, some, width);
  const lastSettled = some.findLastIndex((p) => !isPending(p));
  const settled = some.slice(0, lastSettled + 1);
  const pending = visible(some.slice(Math.max(lastSettled, 0)), scale.low);
  const lines = path(settled, scale, "") + path(pending, scale, 'stroke-dasharray="4 4"');
  const alone = some.length === 1 && some[0] ? `<circle cx="${round(scale.x(Date.parse(some[0].at)))}" cy="${round(scale.y(rateOf(some[0])))}" r="3.5" fill="var(--treatment)"/>` : "";
  return svg(width, TREND_HEIGHT, trendSentence(data), grid(data, scale, width) + band(settled, scale) + lines + alone + hovers(visible(some, scale.low), data.by, scale) + marks(data, scale, width));
}

/** What is pending may be far below what it will be: it leaves the picture where it does, and does not stretch it. */
function visible(points: TrendPoint[], low: number): TrendPoint[] {
  const out = points.findIndex((p) => rateOf(p) < low);
  return out < 0 ? points : points.filter((p, i) => rateOf(p) >= low || i === out);
}

function scaleOf(data: Trend, all: TrendPoint[], width: number): Scale {
  const settled = all.filter((p) => !isPending(p));
  const some = settled.length > 0 ? settled : all;
  const bands = some.map((p) => wilson(p.converted, p.entered));
  // The band of a nearly empty hour must not flatten all others.
  const seen = some.map(rateOf);
  const low = Math.max(0, Math.min(...seen, ...bands.map((b, i) => Math.max(b.lower, (seen[i] ?? 0) - 0.15))) - 0.01);
  const high = Math.min(1, Math.max(...seen, ...bands.map((b, i) => Math.min(b.upper, (seen[i] ?? 0) + 0.15))) + 0.01);
  const times = data.points.map((p) => Date.parse(p.at));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const span = Math.max(to - from, 1);
  return {
    low,
    high,
    x: (at) => LEFT + (from === to ? 0.5 : Math.min(Math.max((at - from) / span, 0), 1)) * (width - LEFT - 10),
    y: (rate) => BOTTOM - ((Math.min(Math.max(rate, low), high) - low) / Math.max(high - low, 1e-6)) * (BOTTOM - TOP),
  };
}

const place = (p: TrendPoint, rate: number, { x, y }: Scale) => `${round(x(Date.parse(p.at)))} ${round(y(rate))}`;

const path = (points: TrendPoint[], scale: Scale, extra: string): string =>
  points.length < 2 ? "" : `<path d="M${points.map((p) => place(p, rateOf(p), scale)).join("L")}" fill="none" stroke="var(--treatment)" stroke-width="2" stroke-linejoin="round" ${extra}/>`;

function band(points: TrendPoint[], scale: Scale): string {
  if (points.length < 2) return "";
  const upper = points.map((p) => place(p, wilson(p.converted, p.entered).upper, scale));
  const lower = points.map((p) => place(p, wilson(p.converted, p.entered).lower, scale)).reverse();
  return `<path d="M${[...upper, ...lower].join("L")}Z" fill="var(--band)"/>`;
}

/** What a pointer hears about every point. */
function hovers(points: TrendPoint[], by: "hour" | "day", { x, y }: Scale): string {
  return points.map((p) => {
    const pending = p.pending > 0 ? `, ${count(p.pending)} pending` : "";
    const title = `${momentWord(p.at, by)}: ${share(rateOf(p))}, ${count(p.converted)} of ${count(p.entered)}${pending}`;
    return `<circle cx="${round(x(Date.parse(p.at)))}" cy="${round(y(rateOf(p)))}" r="7" fill="transparent"><title>${escape(title)}</title></circle>`;
  }).join("");
}

function grid(data: Trend, { y, low, high }: Scale, width: number): string {
  const rows = [0, 0.5, 1].map((f) => low + f * (high - low));
  const across = rows.map((v) => line(LEFT, y(v), width, y(v)) + text(LEFT - 8, y(v) + 4, `${(v * 100).toFixed(high - low < 0.05 ? 1 : 0)} %`, "faint", "end")).join("");
  const shown = width < 420 ? 2 : 4;
  const ends = Array.from({ length: shown }, (_, i) => Math.round((i / (shown - 1)) * (data.points.length - 1)));
  const times = [...new Set(ends)].map((index, i, all) => {
    const point = data.points[index];
    const anchor = i === 0 ? "start" : i === all.length - 1 ? "end" : "middle";
    const at = LEFT + (data.points.length < 2 ? 0 : index / (data.points.length - 1)) * (width - LEFT - 10);
    return point ? text(at, TREND_HEIGHT - 5, momentWord(point.at, data.by), "faint", anchor) : "";
  });
  return across + times.join("");
}

/** Dotted lines for what happened; a label where there is room for it. */
function marks(data: Trend, { x }: Scale, width: number): string {
  const sorted = [...data.marks].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  let taken = -Infinity;
  return sorted.map((mark, i) => {
    const at = x(Date.parse(mark.at));
    const next = sorted[i + 1];
    const room = (next ? x(Date.parse(next.at)) - 8 : width) - (at + 9);
    const glyph = glyphs[(mark.icon in glyphs ? mark.icon : "mark") as Glyph];
    const label = textWidth(mark.label) < room ? text(at + 9, 12, mark.label, "faint") : "";
    const drawn = at - taken > 9 ? `<g transform="translate(${round(at)} 8)" stroke="var(--${colour(mark.kind)})" fill="none" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><title>${escape(mark.label)}</title><path d="${glyph}"/></g>${label}` : "";
    if (drawn) taken = at;
    return line(at, TOP - 14, at, BOTTOM, "var(--line-strong)", 'stroke-dasharray="2 3"') + drawn;
  }).join("");
}
