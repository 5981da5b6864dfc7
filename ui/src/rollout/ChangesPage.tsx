import { Link, useSearchParams } from "wouter";
import type { ChangeRow } from "../api/shapes";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { More } from "../look/More";
import { ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { short } from "../look/words";
import { useChanges } from "./api";

const EXAMPLES = ["state:failed", "state:live", "state:rolled", "state:held"];

/** Every change of trunk, newest first; the filter is part of the address. */
export function ChangesPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const query = useChanges(filter);
  const rows = query.data?.pages.flatMap((page) => page.items);
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  return (
    <>
      <PageHead title="Changes" meta="Every commit on trunk, newest first, and how far it is on its way to customers." />
      <Filter value={filter} onChange={setFilter} examples={EXAMPLES} label="Filter changes" placeholder="state:failed author:ana service:shop or words of the subject" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={rows !== undefined} />}
      {!(query.isError && !rows) && (
        <Card title={filter ? `Changes that match ${filter}` : "All changes"} note={query.isPlaceholderData ? "filtering" : undefined}>
          <Table label="Changes" columns={COLUMNS} rows={rows} rowKey={(r) => r.sha} skeletonRows={8} empty={<Empty filter={filter} clear={() => setFilter("")} />} />
          <More query={query} />
        </Card>
      )}
      <Commands commands={["trunkline change list"]} />
    </>
  );
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>No change yet. Commit a <code>trunkline.yaml</code> (<code>trunkline init</code> writes one) and <code>git push</code>.</p>;
  return (
    <p>
      No change matches. Keys are <code>state</code>, <code>author</code>, <code>service</code>, <code>repository</code> and <code>sha</code>; other words are looked for in the subject.{" "}
      <button type="button" className="text-button" onClick={clear}>Show all</button>
    </p>
  );
}

const COLUMNS: Column<ChangeRow>[] = [
  {
    name: "Change",
    width: "44%",
    narrow: "lead",
    cell: (row) => (
      <>
        <Link href={`/changes/${row.sha}`} data-row>{row.subject}</Link>
        <div className="small muted"><code>{row.short}</code> · {row.author} · {row.repository}</div>
      </>
    ),
  },
  {
    name: "State",
    cell: (row) => (
      <>
        <State state={row.state} />
        {row.why && <div className="small muted"><Said text={row.why} /></div>}
      </>
    ),
  },
  { name: "Deployments", narrow: "named", width: "16%", cell: deployments },
  { name: "Landed", narrow: "named", nowrap: true, cell: (row) => <Ago at={row.at} /> },
];

function deployments(row: ChangeRow) {
  if (row.deployments.length > 0) {
    return row.deployments.slice(0, 4).map((d, i) => (
      <span key={d.number}>{i > 0 && ", "}<Link href={`/deployments/${d.number}`}>{d.service} {d.number}</Link></span>
    ));
  }
  if (row.shipped_in) return <>inside <Link href={`/changes/${row.shipped_in}`}><code>{short(row.shipped_in)}</code></Link></>;
  if (row.waits_behind) return <>behind <Link href={`/changes/${row.waits_behind}`}><code>{short(row.waits_behind)}</code></Link></>;
  return <span className="muted">none</span>;
}
