import type { DeploymentStep, DeploymentView } from "../api/shapes";
import { Chart, Legend, Twin } from "../charts/Chart";
import { funnel, funnelHeight, type Funnel } from "../charts/funnel";
import { useDrawing } from "../look/Drawn";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Ago } from "../look/Time";
import { count, duration } from "../look/words";
import { EvidenceSeen } from "./JudgementView";
import { guardOf, stepName, stepState } from "./steps";

/** What was looked at before and while it had customers: artifact, probes, guards, each with what was seen. */
export function DeploymentSteps({ deployment: { number, steps } }: { deployment: Pick<DeploymentView, "number" | "steps"> }) {
  if (steps.length === 0) return <p className="empty">Nothing was looked at yet.</p>;
  return <ul className="list">{steps.map((step) => <Step key={`${step.kind}-${step.name}`} number={number} step={step} />)}</ul>;
}

function Step({ number, step }: { number: number; step: DeploymentStep }) {
  const guard = step.kind === "guard" ? guardOf(step.evidence) : undefined;
  return (
    <li className="flag-line">
      <div className="stack-tight">
        <div>{stepName(step)}</div>
        {step.summary && <p className="small"><Said text={step.summary} /></p>}
        <div className="small muted meta">
          <span>seen <Ago at={step.at} /></span>
          {typeof step.seconds === "number" && <span>took {duration(step.seconds)}</span>}
          {step.log && <a href={`/api/v1/deployments/${number}/logs/${encodeURIComponent(step.log)}`} target="_blank" rel="noreferrer">log</a>}
        </div>
        {guard ? <GuardFunnel data={guard} /> : <EvidenceSeen evidence={step.evidence} word="What was seen" />}
      </div>
      <State state={stepState(step)} />
    </li>
  );
}

/** Customers on the new version beside those on the old at the same time. */
function GuardFunnel({ data }: { data: Funnel }) {
  const draw = useDrawing(data, funnel);
  const rows = data.steps.map((step) => [step.name, ...step.persons.map(count)]);
  return (
    <div>
      <Chart draw={draw} height={funnelHeight(data)} twin={<Twin label="Persons by step" head={["Step", ...data.arms]} rows={rows} />} />
      <Legend arms={[{ name: data.arms[0], colour: "control" }, { name: data.arms[1], colour: "treatment" }]} />
    </div>
  );
}
