/** What a change did to journeys, as `change show` gives it; pure. */
import type { components } from "../api/schema";
import { share } from "../charts/arms";
import { effectKind, inPoints, type Effect } from "../charts/forest";
import { counted } from "../look/words";

/** Before and after, or the arms of a canary or a flag that ran at the same time. */
export type JourneyEffect = components["schemas"]["Effect"];

type Side = JourneyEffect["before"];

/** What stands against what; the document has it as text. */
const COMPARISONS: Record<string, string> = { variants: "variants of its flag", canary: "in its canary", before_after: "before and after" };

const comparison = (effect: JourneyEffect): string => COMPARISONS[effect.comparison] ?? effect.comparison;

export const rateOf = (side: Side): number | undefined => (side.entered > 0 ? side.rate ?? side.converted / side.entered : undefined);

/** What can be drawn: journeys with a difference. */
export function drawable(effects: JourneyEffect[]): Effect[] {
  return effects.flatMap((effect) => (effect.difference ? [{ name: effect.journey, role: comparison(effect), kind: effectKind(effect.difference), ...effect.difference }] : []));
}

/** The effect on one journey in a sentence that does not say more than is known. */
export function effectWords(effect: JourneyEffect): string {
  const { journey, before, after, difference, randomised } = effect;
  const [was, is] = [rateOf(before), rateOf(after)];
  if (is === undefined) return `${journey}: nobody entered it with this change yet`;
  if (was === undefined || !difference) return `${journey}: ${share(is)} of ${counted(after.entered, "person")} converted; there is nothing to compare with`;
  const range = `${inPoints(difference.lower)} to ${inPoints(difference.upper)} points`;
  const verdict = { good: "better", bad: "worse", plain: "no difference that could be told from chance" }[effectKind(difference)];
  const how = randomised ? `${comparison(effect)}, both at the same time` : `${comparison(effect)}, not randomised`;
  const pending = before.pending + after.pending;
  return `${journey}: from ${share(was)} to ${share(is)}, ${verdict} (${range}; ${how})${pending > 0 ? `; ${counted(pending, "person")} may still convert` : ""}`;
}
