import { Card } from "../look/Card";
import { none } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { count } from "../look/words";
import type { ExperimentView, Run } from "./shapes";
import { experimentState, saidOf } from "./words";

/** What it said before it began anew; nothing while it began once. */
export function EarlierRuns({ view }: { view: ExperimentView }) {
  if (view.earlier.length === 0) return null;
  return (
    <Card title="Earlier runs" note={<>kept as they ended; <code>trunkline experiment replay {view.key} --run {view.earlier[0]?.run}</code> works one out again</>}>
      <Table label="Earlier runs" columns={COLUMNS} rows={view.earlier} rowKey={(run) => String(run.run)} empty={none} />
    </Card>
  );
}

const personsOf = ({ arms }: Run) => arms.reduce((sum, arm) => sum + arm.units, 0);

const COLUMNS: Column<Run>[] = [
  { name: "Run", narrow: "lead", nowrap: true, cell: (run) => <>Run {run.run}</> },
  { name: "State", nowrap: true, cell: (run) => <State state={experimentState(run)} /> },
  { name: "What it said", narrow: "whole", width: "44%", cell: (run) => (run.verdict ? saidOf(run.verdict) : none) },
  { name: "Persons", num: true, narrow: "named", cell: (run) => count(personsOf(run)) },
  { name: "Looks", num: true, narrow: "named", cell: (run) => count(run.looks) },
  { name: "Ended", narrow: "named", nowrap: true, cell: (run) => (run.ended ? <Ago at={run.ended} /> : none) },
];
