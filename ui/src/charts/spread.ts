import { duration } from "../look/words";
import { armColour } from "./arms";
import { line, round, svg, text, textWidth } from "./svg";

/** How long it took half, nine of ten and ninety-nine of a hundred; in seconds. */
export interface Quantiles { p50: number; p90: number; p99: number }

export interface SpreadRow { name: string; arms: (Quantiles | null)[] }

const TICKS = [0.1, 1, 10, 60, 600, 3600, 21_600, 86_400, 604_800, 2_592_000];
const BOTTOM = 22;
const LANE = 20;

/** A duration in one unit, for an axis. */
export function tickWord(seconds: number): string {
  if (seconds < 60) return `${tenth(seconds)} s`;
  if (seconds < 3600) return `${tenth(seconds / 60)} min`;
  if (seconds < 86_400) return `${tenth(seconds / 3600)} h`;
  return `${tenth(seconds / 86_400)} d`;
}

const tenth = (n: number) => Math.round(n * 10) / 10;

/** What the picture shows, in a sentence. */
export function spreadSentence(rows: SpreadRow[], arms: string[]): string {
  const said = rows.flatMap((row) =>
    row.arms.map((q, i) => {
      const who = arms.length > 1 ? ` (${arms[i] ?? ""})` : "";
      return q ? `${row.name}${who}: half within ${duration(q.p50)}, 9 of 10 within ${duration(q.p90)}` : `${row.name}${who}: nobody yet`;
    }),
  );
  return `Time to each step. ${said.join("; ")}`;
}

export const spreadHeight = (rows: SpreadRow[], arms: number): number => rows.length * rowHeight(arms) + BOTTOM;

const rowHeight = (arms: number) => 24 + Math.max(arms, 1) * LANE;

/** The spread of times on a scale of powers: the median is a dot, nine of ten a band, ninety-nine of a hundred a line. */
export function spread(rows: SpreadRow[], arms: string[], width: number): string {
  const all = rows.flatMap((row) => row.arms.flatMap((q) => (q ? [q.p50, q.p99] : [])));
  const low = Math.log(Math.max(Math.min(...all, 1e9) * 0.6, 0.05));
  const high = Math.log(Math.max(...all, 1) * 1.3);
  const right = width - 8;
  const x = (seconds: number) => 6 + ((Math.log(Math.max(seconds, 0.05)) - low) / Math.max(high - low, 1e-6)) * (right - 6);
  const height = spreadHeight(rows, arms.length);
  const row = rowHeight(arms.length);
  const body = rows.map((each, i) => {
    const top = i * row;
    const lanes = each.arms.map((q, arm) => (q ? lane(q, top + 30 + arm * LANE, armColour(arm, arms.length), x) : text(6, top + 34 + arm * LANE, "nobody yet", "faint")));
    const only = arms.length === 1 ? each.arms[0] : undefined;
    const figure = only ? text(width, top + 13, `half within ${duration(only.p50)}`, "", "end") : "";
    return text(0, top + 13, each.name, "strong") + figure + lanes.join("");
  });
  return svg(width, height, spreadSentence(rows, arms), grid(x, low, high, width, height) + body.join(""));
}

function grid(x: (s: number) => number, low: number, high: number, width: number, height: number): string {
  const inside = TICKS.filter((t) => Math.log(t) > low && Math.log(t) < high);
  let taken = -20;
  return inside.map((t) => {
    const label = tickWord(t);
    const [at, half] = [x(t), textWidth(label) / 2];
    const fits = at - half > taken && at + half < width;
    if (fits) taken = at + half + 10;
    return line(at, 20, at, height - BOTTOM + 4) + (fits ? text(at, height - 5, label, "faint", "middle") : "");
  }).join("");
}

function lane(q: Quantiles, y: number, colour: string, x: (s: number) => number): string {
  const title = `half within ${duration(q.p50)}, 9 of 10 within ${duration(q.p90)}, 99 of 100 within ${duration(q.p99)}`;
  return `<g><title>${title}</title>` + line(x(q.p50), y, x(q.p99), y, `var(--${colour})`, 'stroke-width="1.5" stroke-opacity=".6"') +
    `<rect x="${round(x(q.p50))}" y="${y - 5}" width="${round(Math.max(x(q.p90) - x(q.p50), 2))}" height="10" rx="5" fill="var(--${colour})" opacity=".3"/>` +
    line(x(q.p99), y - 4, x(q.p99), y + 4, `var(--${colour})`, 'stroke-width="1.5"') +
    `<circle cx="${round(x(q.p50))}" cy="${y}" r="5" fill="var(--${colour})"/></g>`;
}
