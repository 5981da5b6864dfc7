import { useSearchParams } from "wouter";
import type { AuditEntry } from "../api/shapes";
import { Card } from "../look/Card";
import { Filter } from "../look/Filter";
import { More } from "../look/More";
import { ProblemNotice } from "../look/Notice";
import { Table, type Column } from "../look/Table";
import { absolute } from "../look/words";
import { useAudit } from "./api";
import { auditMatches } from "./auditFilter";

/** Every change of state, newest first. */
export function AuditLog() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const query = useAudit();
  const loaded = query.data?.pages.flatMap((page) => page.items);
  const rows = loaded?.filter((entry) => auditMatches(entry, filter));
  const note = filter !== "" && loaded && query.hasNextPage ? `${rows?.length ?? 0} of the newest ${loaded.length}` : "nothing is ever taken out";
  return (
    <>
      <Filter value={filter} onChange={(q) => setParams(q === "" ? {} : { q }, { replace: true })} examples={["what:deployment", "what:token", "who:console"]} label="Filter the audit log" placeholder="who:console what:deployment or words" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={loaded !== undefined} />}
      {!(query.isError && !loaded) && (
        <Card title="Audit log" note={note}>
          <Table label="Audit log" columns={COLUMNS} rows={rows} rowKey={(e) => `${e.at}-${e.what}-${e.subject}`} skeletonRows={6} empty={filter === "" ? <p>Nothing was changed yet.</p> : <p>No entry matches. Keys are <code>who</code>, <code>what</code> and <code>subject</code>.</p>} />
          <More query={query} />
        </Card>
      )}
    </>
  );
}

const COLUMNS: Column<AuditEntry>[] = [
  { name: "When", nowrap: true, cell: (e) => <time className="small muted" dateTime={e.at}>{absolute(e.at)}</time> },
  { name: "Who", width: "15%", cell: (e) => e.who },
  { name: "What", width: "30%", narrow: "whole", cell: (e) => <><code>{e.what}</code> {e.subject}</> },
  { name: "Why", width: "28%", narrow: "whole", cell: (e) => e.why ?? null },
  { name: "Details", narrow: "whole", cell: (e) => <Details entry={e} /> },
];

function Details({ entry }: { entry: AuditEntry }) {
  const parts = [["before", entry.before], ["after", entry.after]].filter(([, value]) => value !== null && value !== undefined);
  if (parts.length === 0) return null;
  return (
    <details className="small">
      <summary>{parts.map(([name]) => String(name)).join(" and ")}</summary>
      {parts.map(([name, value]) => <div key={String(name)}><span className="muted">{String(name)}</span> <code>{JSON.stringify(value)}</code></div>)}
    </details>
  );
}
