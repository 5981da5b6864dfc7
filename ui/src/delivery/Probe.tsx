import type { State as StateShape } from "../api/shapes";
import { Card } from "../look/Card";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { probeOf } from "./probe";

/** The dark verification: what a probe did in production before any customer could. */
export function Probe({ phase, outcome }: { phase: string; outcome: unknown }) {
  const probe = probeOf(phase, outcome);
  if (!probe) return null;
  const state: StateShape = probe.state;
  return (
    <Card title="Dark verification" note="in production, before any customer sees it">
      <div className="stack-tight"><div><State state={state} /></div><p><Said text={probe.text} /></p></div>
    </Card>
  );
}
