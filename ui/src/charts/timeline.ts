import { glyphs, type Glyph } from "../look/glyphs";
import { duration } from "../look/words";
import { axis, type Axis, type Waits } from "./axis";
import { colour, escape, line, round, svg, text, textWidth } from "./svg";

export interface Span { from: string; to?: string | null | undefined; kind: string; label: string; detail?: string | null | undefined; link?: string | null | undefined }
export interface Mark { at: string; kind: string; icon: string; label: string; detail?: string | null | undefined; link?: string | null | undefined }
export interface Lane { name: string; spans: Span[]; marks: Mark[] }
export interface Timeline { from: string; to: string; lanes: Lane[]; waits?: Waits; left_out?: number }

/** Below this the lane's name stands above its bar and labels of marks hide. */
const NARROW = 420;

/** Something with a place on a lane, and the room it takes. */
interface Item { start: number; end: number; label: string; inside: boolean; draw: (y: number) => string }

/** Lanes over one time axis; a pure function of what happened and the width it gets. */
export function timeline(data: Timeline, width: number): string {
  const narrow = width < NARROW;
  const left = narrow ? 10 : Math.min(Math.max(84, ...data.lanes.map((lane) => textWidth(lane.name) * 1.08 + 12)), width * 0.3);
  const row = narrow ? 50 : 34;
  const height = data.lanes.length * row + 26;
  const time = axis(moments(data), left + 2, width - 10, data.waits);
  const body = grid(data, time, width, height) + data.lanes.map((lane, i) => drawLane(lane, i * row, { time, data, width, narrow, left, row })).join("");
  return svg(width, height, sentence(data), body);
}

/** What the picture shows, in a sentence. */
export function sentence(data: Timeline): string {
  const parts = data.lanes.map((lane) => {
    const said = [...lane.marks.map((m) => ({ at: m.at, label: m.label })), ...lane.spans.map((s) => ({ at: s.from, label: s.label }))];
    said.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    return `${lane.name}: ${said.map((s) => s.label).join(", ")}`;
  });
  const length = duration(Math.max(0, Date.parse(data.to) - Date.parse(data.from)) / 1000);
  return `Timeline of ${length}. ${parts.join(". ")}`;
}

/** Whether a long wait is cut out of the axis. */
export const isBroken = (data: Timeline): boolean => axis(moments(data), 0, 100).breaks.length > 0;

const goesOn = (data: Timeline) => data.lanes.some((lane) => lane.spans.some((s) => !s.to));

function moments(data: Timeline): number[] {
  const spans = data.lanes.flatMap((lane) => lane.spans.flatMap((s) => [s.from, s.to ?? data.to]));
  const marks = data.lanes.flatMap((lane) => lane.marks.map((m) => m.at));
  return [data.from, data.to, ...spans, ...marks].map((at) => Date.parse(at)).filter((at) => !Number.isNaN(at));
}

function grid(data: Timeline, time: Axis, width: number, height: number): string {
  const bottom = height - 20;
  const all = moments(data);
  const [from, to] = [Math.min(...all), Math.max(...all)];
  const first = new Date(from).toISOString().slice(11, 19);
  const ends = [
    { x: time.x(from), label: first, anchor: "start" as const },
    { x: time.x(to), label: goesOn(data) ? "now" : `+${duration((to - from) / 1000)}`, anchor: "end" as const },
  ];
  const room = (x: number, label: string) => x - textWidth(label) / 2 > ends[0]!.x + textWidth(first) + 12 && x + textWidth(label) / 2 < width - textWidth(ends[1]!.label) - 20;
  const ticks = time.ticks.filter((t) => room(time.x(t.at), t.label));
  const lines = [...ticks.map((t) => time.x(t.at)), ...ends.map((e) => e.x)].map((x) => line(x, 0, x, bottom)).join("");
  const labels = ticks.map((t) => text(time.x(t.at), height - 5, t.label, "faint", "middle")).join("") + ends.map((e) => text(e.x, height - 5, e.label, "faint", e.anchor)).join("");
  const breaks = time.breaks.map((b) => breakMark(time.x(b.at), bottom)).join("");
  return lines + labels + breaks;
}

/** Two slanted strokes through the axis: time is left out here. */
const breakMark = (x: number, bottom: number): string =>
  `<g stroke="var(--line-strong)" stroke-width="1.5"><line x1="${round(x - 6)}" y1="${bottom + 5}" x2="${round(x)}" y2="${bottom - 5}"/><line x1="${round(x)}" y1="${bottom + 5}" x2="${round(x + 6)}" y2="${bottom - 5}"/></g>`;

interface Frame { time: Axis; data: Timeline; width: number; narrow: boolean; left: number; row: number }

function drawLane(lane: Lane, top: number, frame: Frame): string {
  const { narrow, left, row, width } = frame;
  const y = top + (narrow ? 20 : 6);
  const items = [...lane.spans.map((s) => spanItem(s, frame)), ...lane.marks.map((m) => markItem(m, frame))].sort((a, b) => a.start - b.start);
  const name = text(0, narrow ? top + 13 : y + 15, lane.name, "strong");
  return name + line(narrow ? 0 : left, top + row, width, top + row) + items.map((item) => item.draw(y)).join("") + labels(items, y, frame);
}

function spanItem(span: Span, { time, data }: Frame): Item {
  const start = time.x(Date.parse(span.from));
  const end = Math.max(time.x(Date.parse(span.to ?? data.to)), start + 4);
  const role = colour(span.kind);
  const title = `${span.label}, ${duration(Math.max(0, Date.parse(span.to ?? data.to) - Date.parse(span.from)) / 1000)}${span.to ? "" : " so far"}`;
  const draw = (y: number) =>
    `<rect x="${round(start)}" y="${y}" width="${round(end - start)}" height="22" rx="4" fill="var(--${role}-soft)" stroke="var(--${role})" stroke-opacity=".45"><title>${escape(title)}</title></rect>`;
  return { start, end, label: span.label, inside: textWidth(span.label) + 14 < end - start, draw };
}

function markItem(mark: Mark, { time, width }: Frame): Item {
  const x = Math.min(time.x(Date.parse(mark.at)), width - 10);
  const path = glyphs[(mark.icon in glyphs ? mark.icon : mark.kind in glyphs ? mark.kind : "mark") as Glyph];
  const draw = (y: number) =>
    `<g transform="translate(${round(x)} ${y + 11})" stroke="var(--${colour(mark.kind)})" fill="none" stroke-width="1.8" stroke-linecap="round"><title>${escape(mark.detail ? `${mark.label}: ${mark.detail}` : mark.label)}</title><circle r="9" fill="var(--surface)"/><path d="${path}"/></g>`;
  return { start: x - 9, end: x + 9, label: mark.label, inside: false, draw };
}

/** Inside its bar, else to the right, else to the left; where there is no room the table says it. */
function labels(items: Item[], y: number, { width, narrow, left }: Frame): string {
  let taken = narrow ? 0 : left - 6;
  return items
    .map((item, i) => {
      const next = items[i + 1]?.start ?? width + 4;
      const needed = textWidth(item.label);
      const before = taken;
      taken = item.end;
      if (item.inside && item.start + 7 + needed < next) return text(item.start + 7, y + 15, item.label, "strong");
      if (item.end + 6 + needed < next) {
        taken = item.end + 6 + needed;
        return text(item.end + 6, y + 15, item.label);
      }
      if (item.start - 6 - needed > before + 6) return text(item.start - 6, y + 15, item.label, "", "end");
      return "";
    })
    .join("");
}
