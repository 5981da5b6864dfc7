import { share } from "../charts/arms";
import { round, svg, text } from "../charts/svg";

/** A share as a bar with its figure behind it. */
export function bar(value: number, colour: string, width: number, label: string): string {
  const room = Math.max(width - 56, 20);
  const w = Math.max(value * room, 1);
  return svg(width, 20, label, `<rect y="2" width="${round(w)}" height="16" rx="3" fill="var(--${colour})"/>` + text(w + 8, 14, share(value), "strong"));
}
