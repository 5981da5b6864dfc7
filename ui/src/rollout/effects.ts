/** What a change did to journeys, as `change show` gives it; pure. */
import { share } from "../charts/arms";
import { effectKind, signed, type Effect } from "../charts/forest";
import { counted } from "../look/words";

interface Figures { entered: number; converted: number; rate?: number | null }

/** contracts.md, `change show`: before and after, or the arms of a canary that ran at the same time. */
export interface JourneyEffect {
  journey: string;
  before: Figures | null;
  after: Figures | null;
  difference: { estimate: number; lower: number; upper: number } | null;
  /** Arms that ran at the same time; else it is before against after. */
  randomised?: boolean | null;
}

/** The document leaves the shape open: what is no journey is left out. */
export function effectsOf(journeys: unknown): JourneyEffect[] {
  if (!Array.isArray(journeys)) return [];
  return journeys.filter((each): each is JourneyEffect => typeof each === "object" && each !== null && typeof (each as JourneyEffect).journey === "string");
}

export const rateOf = (figures: Figures | null): number | undefined => (figures && figures.entered > 0 ? figures.rate ?? figures.converted / figures.entered : undefined);

/** What can be drawn: journeys with a difference. */
export function drawable(effects: JourneyEffect[]): Effect[] {
  return effects.flatMap(({ journey, difference, randomised }) => (difference ? [{ name: journey, role: randomised ? "at the same time" : "before and after", kind: effectKind(difference), ...difference }] : []));
}

/** The effect on one journey in a sentence that does not say more than is known. */
export function effectWords({ journey, before, after, difference, randomised }: JourneyEffect): string {
  const [was, is] = [rateOf(before), rateOf(after)];
  if (is === undefined) return `${journey}: nobody entered it with this change yet`;
  if (was === undefined || !difference) return `${journey}: ${share(is)} of ${counted(after?.entered ?? 0, "person")} converted; there is nothing to compare with`;
  const range = `${signed(difference.lower)} to ${signed(difference.upper)} points`;
  const verdict = { good: "better", bad: "worse", plain: "no difference that could be told from chance" }[effectKind(difference)];
  const how = randomised ? "both at the same time" : "before and after, not randomised";
  return `${journey}: from ${share(was)} to ${share(is)}, ${verdict} (${range}; ${how})`;
}
