import { signed } from "../look/words";
import { colour, line, round, svg, text, textWidth } from "./svg";

/** A difference with its 95 % interval, as shares (0.022 is 2.2 points). */
export interface Effect { name: string; role: string; estimate: number; lower: number; upper: number; kind: string }

const ROW = 48;

export const effectHeight = (rows: Effect[]): number => rows.length * ROW + 18;

/** A difference of shares in points: `+2.2`, `−0.4` */
export const inPoints = (difference: number): string => signed(difference * 100);

/** What the picture shows, in a sentence. */
export const effectSentence = (rows: Effect[], unit = " points"): string => rows.map((r) => `${r.name}: ${inPoints(r.estimate)}${unit}, ${inPoints(r.lower)} to ${inPoints(r.upper)}`).join("; ");

/** Better, worse, or no difference that could be told from chance. */
export const effectKind = ({ lower, upper }: { lower: number; upper: number }): "good" | "bad" | "plain" => (lower > 0 ? "good" : upper < 0 ? "bad" : "plain");

/** Intervals against zero, in points unless another unit is said. */
export function forest(rows: Effect[], width: number, unit = " points"): string {
  const widest = Math.max(0.001, ...rows.flatMap((r) => [Math.abs(r.lower), Math.abs(r.upper)])) * 1.15;
  const left = Math.min(Math.max(96, ...rows.map((r) => textWidth(r.name) * 1.1 + 12)), width * 0.45);
  const plot = Math.max(width - left - 76, 40);
  const x = (v: number) => left + plot / 2 + (v / widest) * (plot / 2);
  const height = effectHeight(rows);
  const body = rows.map((r, i) => {
    const y = i * ROW + 18;
    const role = r.kind === "plain" ? "control" : colour(r.kind);
    return text(0, y - 1, r.name, "strong") + text(0, y + 14, r.role, "faint") +
      `<rect x="${round(x(r.lower))}" y="${y - 5}" width="${round(Math.max(x(r.upper) - x(r.lower), 2))}" height="10" rx="5" fill="var(--${role})" opacity=".28"/><circle cx="${round(x(r.estimate))}" cy="${y}" r="4.5" fill="var(--${role})"/>` +
      text(width, y + 4, `${inPoints(r.estimate)}${unit}`, "strong", "end");
  });
  return svg(width, height, effectSentence(rows, unit), line(x(0), 0, x(0), height - 18, "var(--line-strong)") + body.join("") + text(x(0), height - 3, "no difference", "faint", "middle"));
}
