import { round, line, svg, text, escape } from "./svg";

/** One figure over windows of equal length, the oldest first; `null` is not known. */
export interface Periods { name: string; values: (number | null)[]; words: string[]; ends: string[] }

export const PERIODS_HEIGHT = 74;
const TOP = 6;
const BOTTOM = PERIODS_HEIGHT - 18;

/** What the picture shows, in a sentence. */
export const periodsSentence = ({ name, words, ends }: Periods): string => `${name} up to ${words.map((word, i) => `${ends[i] ?? ""}: ${word}`).join(", ")}`;

/** A bar for every window; where nothing is known stands a question mark, never a bar of no height. */
export function periods(data: Periods, width: number): string {
  const top = Math.max(...data.values.map((value) => value ?? 0), Number.MIN_VALUE);
  const step = width / Math.max(data.values.length, 1);
  const bar = Math.min(step * 0.66, 30);
  const bars = data.values.map((value, i) => {
    const x = i * step + (step - bar) / 2;
    const title = `<title>${escape(`${data.ends[i] ?? ""}: ${data.words[i] ?? ""}`)}</title>`;
    if (value === null) return `<g>${title}${text(x + bar / 2, BOTTOM - 5, "?", "faint", "middle")}</g>`;
    const height = Math.max((value / top) * (BOTTOM - TOP), 1);
    const colour = i === data.values.length - 1 ? "treatment" : "control";
    return `<g>${title}<rect x="${round(x)}" y="${round(BOTTOM - height)}" width="${round(bar)}" height="${round(height)}" rx="2" fill="var(--${colour})"/></g>`;
  });
  const labels = text(0, PERIODS_HEIGHT - 3, data.ends[0] ?? "", "faint") + text(width, PERIODS_HEIGHT - 3, data.ends.at(-1) ?? "", "faint", "end");
  return svg(width, PERIODS_HEIGHT, periodsSentence(data), line(0, BOTTOM, width, BOTTOM) + bars.join("") + labels);
}
