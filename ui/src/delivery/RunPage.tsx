import { useCallback, useMemo } from "react";
import { Link, useSearchParams } from "wouter";
import type { RunView, StepView } from "../api/shapes";
import { PageHead } from "../app/PageHead";
import { Chart } from "../charts/Chart";
import { timeline } from "../charts/timeline";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Confirm } from "../look/Confirm";
import { useDrawing } from "../look/Drawn";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { none, Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago, Lasted, useNow } from "../look/Time";
import { short } from "../look/words";
import { useCancelRun, useRun } from "./api";
import { gateName, stepState } from "./judgement";
import { JudgementView } from "./JudgementView";
import { chosenStep, runSentence, waterfall } from "./run";
import { stateOf } from "./states";
import { StepPanel } from "./StepPanel";

/** A run: its steps, how long each took, and their logs while they are written. */
export function RunPage({ id }: { id: string }) {
  const query = useRun(id);
  const run = query.data;
  return (
    <>
      <PageHead
        title={run ? `Run: ${run.subject}` : "Run"}
        crumbs={<><Link href="/changes">Changes</Link><span aria-hidden="true">/</span>{run ? <Link href={`/changes/${run.change}`}><code>{short(run.change)}</code></Link> : <span className="skeleton" style={{ width: 50 }} />}<span aria-hidden="true">/</span>run</>}
        meta={run ? <>{run.started && <span>began <Ago at={run.started} /></span>}<span>took <Lasted from={run.started} to={run.ended} /></span></> : undefined}
        actions={run?.state === "running" || run?.state === "queued" ? <CancelButton run={run} /> : undefined}
      />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={run !== undefined} />}
      {run ? <Inside run={run} /> : !query.isError && <Card title="Steps"><Skeleton lines={6} /></Card>}
      <Commands commands={run ? [`trunkline change show ${short(run.change)}`] : ["trunkline change list"]} />
    </>
  );
}

function CancelButton({ run }: { run: RunView }) {
  const cancel = useCancelRun(run.id);
  return (
    <Confirm word="Cancel the run" kind="danger" title="Cancel this run" sure="Cancel the run" perform={() => cancel.mutateAsync()}>
      <p>Its steps are stopped. The change does not ship by itself; customers get it inside the next change that passes.</p>
      <p className="small muted">Customers notice nothing: what is live stays live.</p>
    </Confirm>
  );
}

function Inside({ run }: { run: RunView }) {
  const [params, setParams] = useSearchParams();
  const step = chosenStep(run, params.get("step"));
  const choose = useCallback((name: string) => setParams({ step: name }, { replace: true }), [setParams]);
  const columns = useMemo(() => columnsFor(step?.name, choose), [step?.name, choose]);
  const sentence = runSentence(run);
  return (
    <>
      <div className={`verdict ${stateOf(run.state).kind}`}><State state={stateOf(run.state)} /><p><Said text={sentence} /></p></div>
      <Card title="Steps" note="checks run side by side; gates judge what passed them">
        <Table label="Steps" columns={columns} rows={run.steps} rowKey={(s) => s.name} empty={<p>No step has begun. Steps come from <code>trunkline.yaml</code>.</p>} />
      </Card>
      {run.started && <Card title="When each step ran" note="one axis, real durations"><Waterfall run={run} /></Card>}
      {step?.judgement && <Card title={`What the gate ${gateName(step.name)} says`} note="judged against exactly what customers have"><JudgementView judgement={step.judgement} /></Card>}
      {step && <StepPanel key={step.name} run={run.id} step={step} />}
    </>
  );
}

function Waterfall({ run }: { run: RunView }) {
  const present = useNow();
  const end = run.ended ?? new Date(present).toISOString();
  const data = waterfall(run, end);
  const draw = useDrawing(data, timeline);
  return <Chart draw={draw} height={data.lanes.length * 34 + 26} twin={<p>The table of steps above says the same.</p>} />;
}

const columnsFor = (chosen: string | undefined, choose: (name: string) => void): Column<StepView>[] => [
  {
    name: "Step",
    narrow: "title",
    cell: (s) => <button type="button" className="row-button" data-row aria-pressed={s.name === chosen} onClick={() => choose(s.name)}>{s.name}</button>,
  },
  { name: "State", nowrap: true, cell: (s) => <State state={stepState(s)} /> },
  { name: "Took", num: true, cell: (s) => <Lasted from={s.started} to={s.ended} /> },
  { name: "Result", width: "40%", narrow: "whole", cell: (s) => (s.summary ? <Said text={s.summary} /> : none) },
];
