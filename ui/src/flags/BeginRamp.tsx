import { useState } from "react";
import { useJourneys } from "../journeys/api";
import { Confirm, typed } from "../look/Confirm";
import { duration, percent } from "../look/words";
import { useBeginRamp } from "./api";
import { beginCommand, stagesOf } from "./ramps";
import type { FlagView, RampWish } from "./shapes";
import { blastWords } from "./words";

interface Plan { variant: string; stages: string; minutes: number; persons: number; guards: string[] }

const planFor = (flag: FlagView): Plan => ({
  variant: flag.variants.find((variant) => variant !== (flag.off_variant ?? flag.default_variant)) ?? "",
  stages: "1, 5, 25, 50, 100",
  minutes: 10,
  persons: 200,
  guards: flag.journey ? [flag.journey] : [],
});

/** Begins a guarded ramp; says what it will do, and when it stops by itself. */
export function BeginRamp({ flag, isAgain }: { flag: FlagView; isAgain: boolean }) {
  const begin = useBeginRamp();
  const [plan, setPlan] = useState(() => planFor(flag));
  const set = (next: Partial<Plan>) => setPlan((now) => ({ ...now, ...next }));
  const perform = (values: FormData) => {
    const reason = typed(values, "reason");
    if (plan.guards.length === 0) throw new Error("choose a journey: without one nothing would guard it");
    return begin.mutateAsync({ ...wishOf(flag, plan), ...(reason !== undefined && { reason }) });
  };
  return (
    <Confirm word={isAgain ? "Begin another guarded ramp" : "Begin a guarded ramp"} title={`Begin a guarded ramp of ${flag.key}`} sure="Begin" reason="optional" opened={() => setPlan(planFor(flag))} perform={async (values) => perform(values)}>
      <div className="form inline">
        <label className="field"><span>Variant that grows</span><select value={plan.variant} onChange={(event) => set({ variant: event.target.value })}>{flag.variants.map((variant) => <option key={variant}>{variant}</option>)}</select></label>
        <label className="field"><span>Stages, in per cent</span><input type="text" value={plan.stages} required autoComplete="off" onChange={(event) => set({ stages: event.target.value })} /></label>
        <label className="field"><span>Minutes of a stage, at least</span><input type="number" min={0} step={1} value={plan.minutes} required onChange={(event) => set({ minutes: event.target.valueAsNumber })} /></label>
        <label className="field"><span>Persons of each variant, at least</span><input type="number" min={1} step={1} value={plan.persons} required onChange={(event) => set({ persons: event.target.valueAsNumber })} /></label>
      </div>
      <Guards chosen={plan.guards} choose={(guards) => set({ guards })} />
      <ul className="bullets" aria-live="polite">{[...blastWords(flag), ...saysOf(plan)].map((line) => <li key={line}>{line}</li>)}</ul>
      <Same flag={flag} plan={plan} />
    </Confirm>
  );
}

function Guards({ chosen, choose }: { chosen: string[]; choose: (guards: string[]) => void }) {
  const journeys = useJourneys().data?.items.map(({ journey }) => journey) ?? [];
  const all = [...new Set([...chosen, ...journeys])];
  return (
    <fieldset>
      <legend>Journeys that guard it</legend>
      {all.map((journey) => (
        <label key={journey} className="check">
          <input type="checkbox" checked={chosen.includes(journey)} onChange={(event) => choose(event.target.checked ? [...chosen, journey] : chosen.filter((one) => one !== journey))} /> {journey}
        </label>
      ))}
      {all.length === 0 && <p className="small muted">There is no journey yet, so nothing can guard it.</p>}
    </fieldset>
  );
}

const wishOf = (flag: FlagView, { variant, stages, minutes, persons, guards }: Plan): RampWish => ({ flag: flag.key, variant, stages: stagesOf(stages), step_seconds: Math.round(minutes * 60), step_persons: persons, guards });

/** What it will do, or what is wrong with the plan. */
function saysOf(plan: Plan): string[] {
  try {
    const stages = stagesOf(plan.stages);
    const least = duration(plan.minutes * 60 * (stages.length - 1));
    return [`${percent(stages[0] ?? 0)} get “${plan.variant}” within seconds; ${percent(stages.at(-1) ?? 0)} after ${least} at the earliest`, "Once fewer come through the journey with it, nobody gets it any more, by itself and within seconds"];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function Same({ flag, plan }: { flag: FlagView; plan: Plan }) {
  try {
    return <p className="small muted">Same: <code>{beginCommand(wishOf(flag, plan))}</code><br />Undo: <code>trunkline flag ramp {flag.key} --cancel REASON</code></p>;
  } catch {
    return null;
  }
}
