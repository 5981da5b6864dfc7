import { percent } from "../look/words";
import { armColour } from "./arms";
import { escape, round, svg, text, textWidth } from "./svg";

/** A part of a whole; shares are 0 to 1. */
export interface Part { variant: string; share: number }

export const SPLIT_HEIGHT = 26;

/** What the bar shows, in a sentence. */
export const splitSentence = (parts: Part[]): string => (parts.length === 0 ? "No split" : `Split: ${parts.map((p) => `${p.variant} ${percent(p.share)}`).join(", ")}`);

/** One bar of all customers, divided by variant. */
export function split(parts: Part[], width: number, height = SPLIT_HEIGHT): string {
  let x = 0;
  const body = parts.map((part, i) => {
    const w = part.share * width;
    const colour = armColour(i, Math.max(parts.length, 2));
    const label = `${part.variant} ${percent(part.share)}`;
    const drawn = w < 0.5 ? "" : `<rect x="${round(x)}" width="${round(Math.max(w - 2, 1))}" height="${height}" rx="4" fill="var(--${colour})" fill-opacity=".22" stroke="var(--${colour})" stroke-opacity=".7"><title>${escape(label)}</title></rect>` +
      (textWidth(label) * 1.08 + 14 < w && height > 16 ? text(x + 8, height / 2 + 4, label, "strong") : "");
    x += w;
    return drawn;
  });
  return svg(width, height, splitSentence(parts), body.join(""));
}
