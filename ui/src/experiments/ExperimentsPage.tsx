import { Link } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { ProblemNotice } from "../look/Notice";
import { none } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { count } from "../look/words";
import { useExperiments } from "./api";
import type { ExperimentRow } from "./shapes";
import { experimentState } from "./words";

/** Every experiment that trunk declares, and what each says by now. */
export function ExperimentsPage() {
  const query = useExperiments();
  return (
    <>
      <PageHead title="Experiments" meta="Two variants of a flag, shown by chance at the same time: whether customers are better off." />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={query.data !== undefined} />}
      {!(query.isError && !query.data) && (
        <Card title="All experiments">
          <Table label="Experiments" columns={COLUMNS} rows={query.data?.items} rowKey={(e) => e.key} empty={<Empty />} />
        </Card>
      )}
      <Commands commands={["trunkline experiment list"]} />
    </>
  );
}

function Empty() {
  return <p>No experiment yet. Put one into <code>experiments/</code> of the repository, for example <code>experiments/gift-wrap.yaml</code>, with the flag whose variants it compares, and <code>git push</code>.</p>;
}

const COLUMNS: Column<ExperimentRow>[] = [
  {
    name: "Experiment", narrow: "lead", width: "30%",
    cell: (e) => (
      <>
        <Link href={`/experiments/${encodeURIComponent(e.key)}`} data-row><code>{e.key}</code></Link>
        <div className="small muted">{e.hypothesis}</div>
      </>
    ),
  },
  { name: "State", nowrap: true, cell: (e) => <State state={experimentState(e)} /> },
  { name: "What it says", narrow: "whole", width: "34%", cell: (e) => (e.verdict ? <span>{e.verdict.sentence}</span> : none) },
  { name: "Flag", narrow: "named", cell: (e) => <Link href={`/flags/${encodeURIComponent(e.flag)}`}><code>{e.flag}</code></Link> },
  { name: "Persons", num: true, narrow: "named", cell: (e) => count(e.persons) },
  { name: "Owner", narrow: "named", cell: (e) => e.owner },
];
