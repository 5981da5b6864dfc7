import { Link } from "wouter";
import type { RepositoryView } from "../api/shapes";
import { Card } from "../look/Card";
import { ProblemNotice } from "../look/Notice";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { short } from "../look/words";
import { useRepositories } from "./api";

/** Repositories whose trunk is watched. */
export function Repositories() {
  const query = useRepositories();
  return (
    <>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={query.data !== undefined} />}
      {!(query.isError && !query.data) && (
        <Card title="Repositories" note="what lands on their trunk is verified and deployed">
          <Table label="Repositories" columns={COLUMNS} rows={query.data?.items} rowKey={(r) => r.name} empty={<p>None is watched. <code>trunkline repo add NAME URL</code> adds one.</p>} />
        </Card>
      )}
    </>
  );
}

const COLUMNS: Column<RepositoryView>[] = [
  { name: "Name", narrow: "lead", cell: (r) => <Link href={`/changes?q=repository:${encodeURIComponent(r.name)}`} data-row>{r.name}</Link> },
  { name: "Where", narrow: "whole", cell: (r) => <code>{r.url}</code> },
  { name: "Trunk", narrow: "named", cell: (r) => r.branch ?? <span className="muted">its default branch</span> },
  { name: "Head", narrow: "named", nowrap: true, cell: (r) => (r.head ? <Link href={`/changes/${r.head}`}><code>{short(r.head)}</code></Link> : <span className="muted">not seen yet</span>) },
  {
    name: "State",
    narrow: "whole",
    cell: (r) => (
      <>
        <State state={r.last_error ? { kind: "warn", word: "Trouble" } : { kind: "good", word: "Watched" }} />
        {r.last_error && <div className="small muted">{r.last_error}</div>}
      </>
    ),
  },
];
