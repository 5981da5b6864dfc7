import { count } from "../look/words";
import { armColour } from "./arms";
import { escape, line, round, svg, text } from "./svg";
import { momentWord } from "./trend";

/** Numbers of one day, one for every series. */
export interface Day { day: string; values: number[] }

export interface Columns { series: string[]; days: Day[]; what: string }

export const COLUMNS_HEIGHT = 150;
const TOP = 10;
const BOTTOM = COLUMNS_HEIGHT - 22;

const total = (day: Day) => day.values.reduce((sum, v) => sum + v, 0);

/** What the picture shows, in a sentence. */
export function columnsSentence({ series, days, what }: Columns): string {
  const last = days.at(-1);
  if (!last) return `${what}: none`;
  const each = series.map((name, i) => `${name} ${count(last.values[i] ?? 0)}`).join(", ");
  return `${what} of ${days.length} days; on ${momentWord(last.day, "day")}: ${each}`;
}

/** A column for every day, stacked by series. */
export function columns(data: Columns, width: number): string {
  const { days } = data;
  const top = Math.max(1, ...days.map(total));
  const left = 8 + Math.max(count(top).length * 6.2, 12);
  const step = (width - left) / Math.max(days.length, 1);
  const bar = Math.min(Math.max(step * 0.72, 2), 34);
  const height = (v: number) => (v / top) * (BOTTOM - TOP);
  const grid = [0, top].map((v) => line(left, BOTTOM - height(v), width, BOTTOM - height(v)) + text(left - 6, BOTTOM - height(v) + 4, count(v), "faint", "end")).join("");
  const bars = days.map((day, i) => drawDay(day, left + i * step + (step - bar) / 2, bar, data.series, height)).join("");
  const labels = labelled(days.length, width).map((i) => text(left + (i + 0.5) * step, COLUMNS_HEIGHT - 5, momentWord(days[i]?.day ?? "", "day"), "faint", days.length > 1 && i === days.length - 1 && bar < 30 ? "end" : "middle")).join("");
  return svg(width, COLUMNS_HEIGHT, columnsSentence(data), grid + bars + labels);
}

function labelled(days: number, width: number): number[] {
  if (days === 0) return [];
  const stride = Math.ceil(days / (width < 420 ? 3 : 7));
  return Array.from({ length: days }, (_, i) => i).filter((i) => (days - 1 - i) % stride === 0);
}

function drawDay(day: Day, x: number, width: number, series: string[], height: (v: number) => number): string {
  let y = BOTTOM;
  const parts = day.values.map((value, i) => {
    if (value <= 0) return "";
    const h = height(value);
    y -= h;
    return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(Math.max(h - 1, 0.8))}" rx="2" fill="var(--${armColour(i, series.length)})"/>`;
  });
  const title = `${momentWord(day.day, "day")}: ${series.map((name, i) => `${name} ${count(day.values[i] ?? 0)}`).join(", ")}`;
  return `<g><title>${escape(title)}</title>${parts.join("")}</g>`;
}
