import type { CheckView } from "../api/shapes";
import { gateName } from "../delivery/judgement";
import { JudgementView } from "../delivery/JudgementView";
import { stateOf } from "../delivery/states";
import { Said } from "../look/Said";
import { State } from "../look/State";

/** Whether a row of the checks is a gate that judged the change after them. */
export const isGate = ({ kind }: CheckView): boolean => kind === "gate";

/** What each gate said before the change could ship. */
export function Gates({ gates }: { gates: CheckView[] }) {
  return (
    <div className="grid gates">
      {gates.map((gate) => (
        <section key={gate.name} className="c6" aria-label={gate.name}>
          <h3>{gateName(gate.name)}</h3>
          {gate.judgement ? <JudgementView judgement={gate.judgement} /> : <NotAsked gate={gate} />}
        </section>
      ))}
    </div>
  );
}

function NotAsked({ gate }: { gate: CheckView }) {
  return <div className="stack-tight"><div><State state={stateOf(gate.state)} /></div>{gate.summary && <p><Said text={gate.summary} /></p>}</div>;
}
