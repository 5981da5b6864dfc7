import { count } from "../look/words";
import { round, svg } from "./svg";

export const SPARK = { width: 112, height: 24 };

/** What the line shows, in a sentence. */
export function sparkSentence(values: number[], what: string): string {
  if (values.length === 0) return `${what}: none`;
  return `${what} over ${values.length} days: from ${count(values[0] ?? 0)} to ${count(values.at(-1) ?? 0)} a day, at most ${count(Math.max(...values))}`;
}

/** A line as long as a word. */
export function sparkline(values: number[], what: string, { width, height } = SPARK): string {
  const top = Math.max(1, ...values);
  const x = (i: number) => 2 + (values.length < 2 ? 0.5 : i / (values.length - 1)) * (width - 6);
  const y = (v: number) => height - 3 - (v / top) * (height - 6);
  const last = values.at(-1);
  const line = values.length > 1 ? `<path d="M${values.map((v, i) => `${round(x(i))} ${round(y(v))}`).join("L")}" fill="none" stroke="var(--treatment)" stroke-width="1.5" stroke-linejoin="round"/>` : "";
  const end = last === undefined ? "" : `<circle cx="${round(x(values.length - 1))}" cy="${round(y(last))}" r="2.5" fill="var(--treatment)"/>`;
  return svg(width, height, sparkSentence(values, what), line + end);
}
