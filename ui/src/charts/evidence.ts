import { line, round, svg, text } from "./svg";

export interface EvidenceData { evidence: number; threshold: number }

const LEFT = 2;

/** `0.61`, `48`, `4,811`, `1.2 million` */
export function times(n: number): string {
  if (n >= 1e6) return n >= 1e9 ? "over a billion" : `${(n / 1e6).toFixed(1)} million`;
  if (n >= 100) return Math.round(n).toLocaleString("en-GB");
  return n >= 10 ? n.toFixed(0) : String(Number(n.toPrecision(2)));
}

export const evidenceSentence = ({ evidence, threshold }: EvidenceData): string =>
  `What was seen is ${times(evidence)} times likelier if the new version is worse; it is rolled back at ${times(threshold)} times`;

/** Evidence against its threshold, on a scale of powers of ten. */
export function evidenceScale(data: EvidenceData, width: number): string {
  const [low, high] = [-1, Math.log10(data.threshold) + 1];
  const right = width - 2;
  const x = (n: number) => LEFT + ((Math.min(Math.max(Math.log10(Math.max(n, 1e-9)), low), high) - low) / (high - low)) * (right - LEFT);
  const isBad = data.evidence >= data.threshold;
  const colour = isBad ? "var(--bad)" : "var(--treatment)";
  const [base, top, bottom] = [x(1), 26, 44];
  const place = x(data.evidence);
  const ticks = [1, 10, 100, 1000, 10_000].filter((t) => t < data.threshold * 5).map((t) => line(x(t), top - 4, x(t), bottom + 4) + text(x(t), 62, times(t), "faint", "middle"));
  const bar = `<rect x="${round(Math.min(base, place))}" y="${top + 3}" width="${round(Math.max(Math.abs(place - base), 2))}" height="12" rx="3" fill="${colour}" opacity=".35"/><circle cx="${round(place)}" cy="${top + 9}" r="5" fill="${colour}"/>`;
  const limit = line(x(data.threshold), 16, x(data.threshold), bottom + 4, "var(--bad)", 'stroke-dasharray="3 3" stroke-width="1.5"') + text(x(data.threshold), 11, "roll back", "faint", "middle");
  return svg(width, 68, evidenceSentence(data), ticks.join("") + bar + limit);
}
