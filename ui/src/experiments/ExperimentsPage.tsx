import { Link, useSearchParams } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { ProblemNotice } from "../look/Notice";
import { none } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { count } from "../look/words";
import { useExperiments } from "./api";
import type { ExperimentRow } from "./shapes";
import { experimentMatches, experimentState } from "./words";

/** Every experiment that trunk declares, and what each says by now. */
export function ExperimentsPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  const query = useExperiments();
  const rows = query.data?.items.filter((e) => experimentMatches(e, filter));
  return (
    <>
      <PageHead title="Experiments" meta="Two variants of a flag, shown by chance at the same time: whether customers are better off." />
      <Filter value={filter} onChange={setFilter} examples={["state:running", "state:decided", "verdict:ship", "verdict:invalid"]} label="Filter experiments" placeholder="state:running verdict:ship owner:sales flag:one-address or words" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={query.data !== undefined} />}
      {!(query.isError && !query.data) && (
        <Card title={filter ? `Experiments that match ${filter}` : "All experiments"}>
          <Table label="Experiments" columns={COLUMNS} rows={rows} rowKey={(e) => e.key} empty={<Empty filter={filter} clear={() => setFilter("")} />} />
        </Card>
      )}
      <Commands commands={["trunkline experiment list"]} />
    </>
  );
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter !== "") return <p>No experiment matches. Keys are <code>state</code>, <code>verdict</code>, <code>owner</code> and <code>flag</code>. <button type="button" className="text-button" onClick={clear}>Show all</button></p>;
  return <p>No experiment yet. Put one into <code>experiments/</code> of the repository, for example <code>experiments/gift-wrap.yaml</code>, with the flag whose variants it compares, and <code>git push</code>.</p>;
}

const COLUMNS: Column<ExperimentRow>[] = [
  {
    name: "Experiment", narrow: "lead", width: "27%",
    cell: (e) => (
      <>
        <Link href={`/experiments/${encodeURIComponent(e.key)}`} data-row><code>{e.key}</code></Link>
        <div className="small muted">{e.hypothesis}</div>
      </>
    ),
  },
  { name: "State", nowrap: true, cell: (e) => <State state={experimentState(e)} /> },
  { name: "What it says", narrow: "whole", width: "33%", cell: (e) => (e.verdict ? <span>{e.verdict.sentence}</span> : none) },
  { name: "Flag", narrow: "named", width: "13%", cell: (e) => <Link href={`/flags/${encodeURIComponent(e.flag)}`}><code>{e.flag}</code></Link> },
  { name: "Persons", num: true, narrow: "named", cell: (e) => count(e.persons) },
  { name: "Owner", narrow: "named", width: "9%", cell: (e) => e.owner },
];
