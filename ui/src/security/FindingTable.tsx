import type { ReactNode } from "react";
import { Link } from "wouter";
import { none } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Lasted } from "../look/Time";
import { Owner } from "./Owner";
import type { Finding } from "./shapes";
import { dueState, exposureWords, findingState, severityState } from "./words";

/** Findings, each with how bad it is, whom it reaches and what mends it. */
export function FindingTable({ rows, empty }: { rows: Finding[] | undefined; empty: ReactNode }) {
  return <Table label="Findings" columns={COLUMNS} rows={rows} rowKey={(f) => f.key} skeletonRows={5} empty={empty} />;
}

/** Until when it is to be mended. */
export function Due({ finding }: { finding: Finding }) {
  const state = dueState(finding);
  if (!state) return none;
  return state.kind === "bad" ? <><State state={state} /> <div className="small muted">since {finding.due?.slice(0, 10)}</div></> : <>{state.word}</>;
}

const COLUMNS: Column<Finding>[] = [
  {
    name: "Finding", narrow: "lead", width: "32%",
    cell: (f) => (
      <>
        <Link href={`/findings/${encodeURIComponent(f.key)}`} data-row>{f.id}</Link> <code>{f.package} {f.version}</code>
        <div className="small muted">{f.summary}</div>
      </>
    ),
  },
  { name: "Severity", nowrap: true, cell: (f) => <State state={severityState(f.severity)} /> },
  { name: "State", nowrap: true, cell: (f) => <State state={findingState(f)} /> },
  { name: "Domain", narrow: "named", nowrap: true, cell: (f) => <Owner domain={f.owner} /> },
  { name: "Reaches", narrow: "named", width: "17%", cell: (f) => (f.state === "open" ? exposureWords(f.flag) : none) },
  { name: "Age", num: true, narrow: "named", cell: (f) => <Lasted from={f.since.at} to={f.closed} /> },
  { name: "Due", narrow: "named", nowrap: true, cell: (f) => <Due finding={f} /> },
  { name: "Fixed in", narrow: "named", width: "8%", cell: (f) => (f.fixed.length > 0 ? <code>{f.fixed.join(", ")}</code> : <span className="muted">none</span>) },
];
