import { count, duration } from "../look/words";
import { escape, line, round, svg, text, textWidth } from "./svg";
import { tickWord } from "./spread";

/** How many took at most `to_seconds` and longer than the bin before; the bounds go 1, 2, 5, 10 … */
export interface Bin { to_seconds: number; persons: number }

export const HISTOGRAM_HEIGHT = 178;
const BOTTOM = HISTOGRAM_HEIGHT - 22;
const TOP = 8;

export const withinWords = (bin: Bin): string => duration(bin.to_seconds);

/** What the picture shows, in a sentence. */
export function histogramSentence(bins: Bin[]): string {
  const all = bins.reduce((sum, b) => sum + b.persons, 0);
  const most = [...bins].sort((a, b) => b.persons - a.persons)[0];
  return most ? `Time to convert of ${count(all)} persons: most, ${count(most.persons)}, took up to ${withinWords(most)}` : "Time to convert: nobody";
}

/** Columns over a scale of times. */
export function histogram(bins: Bin[], width: number): string {
  const top = Math.max(1, ...bins.map((b) => b.persons));
  const step = width / Math.max(bins.length, 1);
  const gap = Math.min(step * 0.12, 4);
  let taken = -Infinity;
  const columns = bins.map((bin, i) => {
    const height = Math.max((bin.persons / top) * (BOTTOM - TOP), bin.persons > 0 ? 1.5 : 0);
    const right = (i + 1) * step;
    const label = tickWord(bin.to_seconds);
    const fits = right - textWidth(label) > taken && right - textWidth(label) >= 0;
    if (fits) taken = right + 12;
    return `<rect x="${round(i * step + gap / 2)}" y="${round(BOTTOM - height)}" width="${round(Math.max(step - gap, 1))}" height="${round(height)}" rx="2" fill="var(--treatment)"><title>${escape(`${count(bin.persons)} took up to ${withinWords(bin)}`)}</title></rect>` +
      (fits ? line(right, BOTTOM, right, BOTTOM + 4, "var(--line-strong)") + text(right, HISTOGRAM_HEIGHT - 5, label, "faint", "end") : "");
  });
  return svg(width, HISTOGRAM_HEIGHT, histogramSentence(bins), columns.join("") + line(0, BOTTOM, width, BOTTOM, "var(--line-strong)"));
}
