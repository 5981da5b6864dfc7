/** Things of one kind side by side: variants, releases, values of a property. */
import { signed } from "../look/words";

/** Colours by place, told apart without hue by their order, which legend and table share. */
const COLOURS = ["control", "treatment", "busy", "dark-launch", "warn", "plain"] as const;

/** What a chart shows side by side at most; the table has all. */
export const MAX_ARMS = 5;

/** The role of the colour of the arm at a place; a single arm is drawn as what customers have. */
export const armColour = (place: number, of: number): string => (of === 1 ? "treatment" : COLOURS[place % COLOURS.length] ?? "plain");

/** A share from 0 to 1 with one digit: `53.1 %` */
export const share = (value: number): string => `${(value * 100).toFixed(1)} %`;

/** The difference of two shares in percentage points: `+2.2 points`, `−0.4 points` */
export function points(from: number, to: number): string {
  return `${signed(Math.round((to - from) * 1000) / 10)} points`;
}

export interface Interval { lower: number; upper: number }

/** 97.5th percentile of the normal distribution. */
const Z = 1.959964;

/** The 95 % interval of a share of few or many (Wilson 1927). */
export function wilson(successes: number, of: number): Interval {
  if (of <= 0) return { lower: 0, upper: 1 };
  const p = successes / of;
  const z2 = Z * Z;
  const middle = (p + z2 / (2 * of)) / (1 + z2 / of);
  const half = (Z / (1 + z2 / of)) * Math.sqrt((p * (1 - p)) / of + z2 / (4 * of * of));
  return { lower: Math.max(0, middle - half), upper: Math.min(1, middle + half) };
}
