/** A time axis whose widths are real durations, except where a long wait is cut out and marked as a break. */

export interface Axis {
  x: (at: number) => number;
  breaks: { at: number; seconds: number }[];
  ticks: { at: number; label: string }[];
}

/** A wait longer than this many times everything else together is shortened … */
const LONG = 4;
/** … to this share of the width. */
const SHORTENED_SHARE = 0.22;

/** Whether a long wait may be cut out, or every width must be a duration. */
export type Waits = "cut" | "kept";

/** `moments` in ms, at least the first and the last; `left` and `right` in pixels. */
export function axis(moments: number[], left: number, right: number, waits: Waits = "cut"): Axis {
  const points = [...new Set(moments)].sort((a, b) => a - b);
  const from = points[0] ?? 0;
  const to = points[points.length - 1] ?? from;
  const gaps = points.slice(1).map((end, i) => ({ start: points[i] ?? from, length: end - (points[i] ?? from) }));
  const long = gaps.filter((gap) => waits === "cut" && gap.length > 1000 && gap.length > LONG * (to - from - gap.length) && to - from > gap.length).slice(0, 1);
  const real = to - from - long.reduce((sum, gap) => sum + gap.length, 0);
  const width = right - left;
  const scale = (width * (1 - SHORTENED_SHARE * long.length)) / Math.max(real, 1);
  const x = (at: number) => {
    let place = left;
    for (const gap of gaps) {
      const within = Math.min(Math.max(at - gap.start, 0), gap.length);
      place += long.includes(gap) ? (within / gap.length) * SHORTENED_SHARE * width : within * scale;
    }
    return Math.min(place, right);
  };
  const breaks = long.map((gap) => ({ at: gap.start + gap.length / 2, seconds: gap.length / 1000 }));
  return { x, breaks, ticks: ticks(from, to, real, long[0]) };
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/** At most four ticks in the real part, counted from the start. */
function ticks(from: number, to: number, real: number, gap: { start: number; length: number } | undefined) {
  const seconds = real / 1000;
  const step = STEPS.find((s) => seconds / s <= 4) ?? Math.ceil(seconds / 4 / 86_400) * 86_400;
  const all: { at: number; label: string }[] = [];
  for (let n = 1; n * step < (to - from) / 1000 && all.length < 8; n += 1) {
    const at = from + n * step * 1000;
    if (gap && at > gap.start) break;
    all.push({ at, label: `+${stepLabel(n * step)}` });
  }
  return all;
}

function stepLabel(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
