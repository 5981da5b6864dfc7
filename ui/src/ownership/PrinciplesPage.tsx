import { Link, useSearchParams } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { ProblemNotice, sentence } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { count, counted } from "../look/words";
import { usePrinciples } from "./api";
import type { PrincipleItem, PrinciplesView } from "./shapes";
import { Tabs } from "./Tabs";
import { checkWords, countsState, historyWords, modeState, principleMatches } from "./words";

const EXAMPLES = ["mode:deny", "mode:warn", "mode:observe", "gate:exposure"];

/** What the people of the product agreed on, and whether it is kept. */
export function PrinciplesPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const query = usePrinciples();
  const rows = query.data?.items.filter((principle) => principleMatches(principle, filter));
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  return (
    <>
      <PageHead title="Principles" meta="A few things that we agreed on, checked rather than preached. Each has a page for everybody." />
      <Tabs here="Principles" />
      <Filter value={filter} onChange={setFilter} examples={EXAMPLES} label="Filter principles" placeholder="mode:deny check:flag-without-expiry person:ana or words of the statement" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={rows !== undefined} />}
      {!(query.isError && !rows) && (
        <Card title={filter ? `Principles that match ${filter}` : "All principles"} note={query.data && query.data.items.length > 0 ? "what it would have stopped: in the last 90 days of trunk" : undefined}>
          <Table label="Principles" columns={COLUMNS} rows={rows} rowKey={(p) => p.id} empty={<Empty filter={filter} clear={() => setFilter("")} />} />
        </Card>
      )}
      {query.data && <Gaps view={query.data} />}
      <Commands commands={["trunkline principle list --since 90d"]} />
    </>
  );
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>No principle yet. Write one page each into <code>principles/</code> of the repository, for example <code>principles/own-your-data.md</code>, and <code>git push</code>: it observes until you turn it on.</p>;
  return (
    <p>
      No principle matches. Keys are <code>mode</code>, <code>check</code>, <code>gate</code> and <code>person</code> who agreed.{" "}
      <button type="button" className="text-button" onClick={clear}>Show all</button>
    </p>
  );
}

const COLUMNS: Column<PrincipleItem>[] = [
  {
    name: "Principle", narrow: "lead", width: "38%",
    cell: (p) => (
      <>
        <Link href={`/principles/${encodeURIComponent(p.id)}`} data-row>{p.title}</Link>
        <div className="small muted">{p.statement}</div>
      </>
    ),
  },
  { name: "Mode", nowrap: true, cell: (p) => <State state={p.checks.length === 0 ? { kind: "plain", word: "Stated" } : modeState(p.mode)} /> },
  { name: "Breaks it now", nowrap: true, cell: (p) => (p.checks.length === 0 ? <span className="muted">no check</span> : <State state={countsState(p.now)} />) },
  { name: "Would have stopped", narrow: "named", cell: (p) => <span className={p.history ? undefined : "muted"}>{p.checks.length === 0 ? "–" : historyWords(p)}</span> },
  { name: "Stopped", num: true, narrow: "named", cell: (p) => count(p.record.stopped) },
  { name: "Waived", num: true, narrow: "named", cell: (p) => count(p.record.waived) },
  { name: "Agreed", num: true, narrow: "named", cell: (p) => (p.agreed.length > 0 ? <span title={p.agreed.map((one) => one.person).join(", ")}>{counted(p.agreed.length, "person", "persons")}</span> : <span className="muted">nobody yet</span>) },
];

/** Files that could not be read, and checks that run for nobody. */
function Gaps({ view }: { view: PrinciplesView }) {
  if (view.problems.length + view.checks_of_none.length === 0) return null;
  return (
    <Card title="What no principle says" note="it is looked at, and stops nothing">
      <ul className="bullets">
        {view.problems.map((problem) => <li key={`${problem.file} ${problem.line} ${problem.detail}`}>{problem.file && <code>{problem.file}{problem.line != null && `:${problem.line}`} </code>}<Said text={sentence(problem.detail)} /></li>)}
        {view.checks_of_none.map((check) => <li key={check}><code>{check}</code>: {checkWords(check)}. No principle owns it, so it observes.</li>)}
      </ul>
    </Card>
  );
}
