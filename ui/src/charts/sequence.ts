import { glyphs, type Glyph } from "../look/glyphs";
import { signed } from "../look/words";
import { colour, escape, line, round, svg, text } from "./svg";
import { momentWord, type TrendMark } from "./trend";

/** What a look said of a difference. */
export interface SequencePoint { at: string; look: number; estimate: number; lower: number; upper: number }

export interface Sequence { name: string; isShare: boolean; points: SequencePoint[]; marks: TrendMark[] }

export const SEQUENCE_HEIGHT = 210;
const LEFT = 52;
const TOP = 30;
const BOTTOM = SEQUENCE_HEIGHT - 24;

const word = (value: number, isShare: boolean): string => (isShare ? `${signed(value * 100)} points` : signed(value, 2));

/** What the picture shows, in a sentence. */
export function sequenceSentence({ name, isShare, points }: Sequence): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return `${name}: no look has an interval yet`;
  const side = last.lower > 0 ? "above no difference" : last.upper < 0 ? "below no difference" : "no difference is within it";
  return `${name} over ${points.length} looks: ${word(last.estimate, isShare)} at the last, between ${word(last.lower, isShare)} and ${word(last.upper, isShare)}; ${side}`;
}

/** The difference of treatment and control over the looks, with the interval that holds at all of them. */
export function sequence(data: Sequence, width: number): string {
  const { points, isShare } = data;
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return svg(width, SEQUENCE_HEIGHT, sequenceSentence(data), text(width / 2, SEQUENCE_HEIGHT / 2, "No look has an interval yet", "faint", "middle"));
  const [from, to] = [Date.parse(first.at), Date.parse(last.at)];
  // The first looks know nearly nothing: they leave the picture, and do not flatten the others.
  const step = whole(1.1 * Math.max(Math.abs(last.lower), Math.abs(last.upper), Math.abs(last.estimate), 1e-6));
  const reach = 2 * step;
  const x = (at: number) => LEFT + (from === to ? 0.5 : (at - from) / (to - from)) * (width - LEFT - 10);
  const y = (v: number) => (TOP + BOTTOM) / 2 - (Math.min(Math.max(v, -reach), reach) / reach) * ((BOTTOM - TOP) / 2);
  const at = (p: SequencePoint, v: number) => `${round(x(Date.parse(p.at)))} ${round(y(v))}`;
  const grid = [-step, 0, step].map((v) => line(LEFT, y(v), width, y(v), v === 0 ? "var(--line-strong)" : "var(--line)") + text(LEFT - 8, y(v) + 4, v === 0 ? "0" : word(v, isShare).replace(" points", ""), "faint", "end")).join("");
  const unit = text(0, 14, isShare ? "points" : "a person", "faint");
  const band = points.length < 2 ? "" : `<path d="M${[...points.map((p) => at(p, p.upper)), ...points.map((p) => at(p, p.lower)).reverse()].join("L")}Z" fill="var(--band)"/>`;
  const path = points.length < 2 ? "" : `<path d="M${points.map((p) => at(p, p.estimate)).join("L")}" fill="none" stroke="var(--treatment)" stroke-width="2" stroke-linejoin="round"/>`;
  const end = `<circle cx="${round(x(to))}" cy="${round(y(last.estimate))}" r="3.5" fill="var(--treatment)"/>`;
  const hovers = points.map((p) => `<circle cx="${round(x(Date.parse(p.at)))}" cy="${round(y(p.estimate))}" r="6" fill="transparent"><title>${escape(`look ${p.look}: ${word(p.estimate, isShare)}, ${word(p.lower, isShare)} to ${word(p.upper, isShare)}`)}</title></circle>`).join("");
  const times = text(LEFT, SEQUENCE_HEIGHT - 5, momentWord(first.at, "hour"), "faint") + (from === to ? "" : text(width, SEQUENCE_HEIGHT - 5, momentWord(last.at, "hour"), "faint", "end"));
  return svg(width, SEQUENCE_HEIGHT, sequenceSentence(data), unit + grid + band + path + end + hovers + times + marks(data.marks, from, to, x));
}

/** The next of 1, 2, 5, 10, 20 and so on: what a scale may be marked with. */
function whole(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value));
  return ten * (value <= ten ? 1 : value <= 2 * ten ? 2 : value <= 5 * ten ? 5 : 10);
}

function marks(all: TrendMark[], from: number, to: number, x: (at: number) => number): string {
  return all.filter((m) => Date.parse(m.at) >= from && Date.parse(m.at) <= to).map((m) => {
    const place = x(Date.parse(m.at));
    const ink = `var(--${colour(m.kind)})`;
    return `<g><title>${escape(`${m.label}, ${momentWord(m.at, "hour")}`)}</title>${line(place, TOP - 8, place, BOTTOM, ink, 'stroke-dasharray="2 3"')}<path d="${glyphs[m.icon as Glyph] ?? glyphs.mark}" transform="translate(${round(place)} ${TOP - 16})" fill="none" stroke="${ink}" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/></g>`;
  }).join("");
}
