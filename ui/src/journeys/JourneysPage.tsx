import { Link, useSearchParams } from "wouter";
import { share } from "../charts/arms";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { ProblemNotice } from "../look/Notice";
import { none } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { count, duration } from "../look/words";
import { useJourneys } from "./api";
import type { JourneyRow } from "./shapes";
import { Suggestions } from "./Suggestions";
import { journeyMatches } from "./words";

/** Every journey that is measured, and those that could be. */
export function JourneysPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const query = useJourneys();
  const all = query.data?.items;
  const rows = all?.filter((journey) => journeyMatches(journey, filter));
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  const domains = [...new Set((all ?? []).flatMap((j) => (j.domain ? [`domain:${j.domain}`] : [])))].slice(0, 4);
  return (
    <>
      <PageHead title="Journeys" meta="What customers go through, how many arrive, how long it takes and where they drop off." />
      <Filter value={filter} onChange={setFilter} examples={domains} label="Filter journeys" placeholder="domain:sales step:paid or words of the name" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={rows !== undefined} />}
      {!(query.isError && !rows) && (
        <Card title={filter ? `Journeys that match ${filter}` : "All journeys"} note="of the last 28 days">
          <Table label="Journeys" columns={COLUMNS} rows={rows} rowKey={(j) => j.journey} skeletonRows={4} empty={<Empty filter={filter} clear={() => setFilter("")} />} />
        </Card>
      )}
      <Suggestions />
      <Commands commands={["trunkline journey list"]} />
    </>
  );
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>No journey yet. Put one into <code>journeys/</code> of the repository (<code>trunkline init</code> writes a first one) and <code>git push</code>.</p>;
  return <p>No journey matches. Keys are <code>domain</code> and <code>step</code>; other words are looked for in the name. <button type="button" className="text-button" onClick={clear}>Show all</button></p>;
}

const COLUMNS: Column<JourneyRow>[] = [
  {
    name: "Journey", narrow: "lead", width: "46%",
    cell: (j) => (
      <>
        <Link href={`/journeys/${encodeURIComponent(j.journey)}`} data-row>{j.journey}</Link>{j.stage === "dark" && <> <State state={{ kind: "dark", word: "Dark" }} /></>}
        <div className="small muted">{j.steps.join(" → ")}</div>
      </>
    ),
  },
  { name: "Domain", narrow: "named", cell: (j) => j.domain ?? none },
  { name: "Window", narrow: "named", nowrap: true, cell: (j) => duration(j.within_seconds) },
  { name: "Entered", num: true, narrow: "named", cell: (j) => figure(j.figures?.entered) },
  { name: "Converted", num: true, narrow: "named", cell: (j) => figure(j.figures?.converted) },
  { name: "Share", num: true, narrow: "named", cell: (j) => (typeof j.figures?.rate === "number" ? <strong>{share(j.figures.rate)}</strong> : <span className="muted">not known</span>) },
];

const figure = (n: number | null | undefined) => (typeof n === "number" ? count(n) : <span className="muted">not known</span>);
