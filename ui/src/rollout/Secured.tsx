import { Link } from "wouter";
import type { Lineage } from "../api/shapes";
import { Card } from "../look/Card";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Lasted } from "../look/Time";
import { FeedAge } from "../security/FeedAge";
import { Owner } from "../security/Owner";
import type { Finding } from "../security/shapes";
import { exposureWords, findingState, inOrder, severityState } from "../security/words";

/** What is known against what customers got of a change. */
export function Findings({ change: { findings, advisories } }: { change: Lineage }) {
  return (
    <Card title="Findings" note="known against what customers got of it">
      {advisories && <p className="said-chart"><FeedAge age={advisories} /></p>}
      {findings ? <Table label="Findings of this change" columns={COLUMNS} rows={inOrder(findings)} rowKey={(f) => f.key} empty={<p>{advisories?.stale ? "None that is known of, and not everything is." : "None: no advisory speaks of what it is made of."}</p>} /> : <p className="empty">Not known yet: no customer has had it, or what it is made of could not be read.</p>}
    </Card>
  );
}

const COLUMNS: Column<Finding>[] = [
  { name: "Finding", narrow: "lead", width: "42%", cell: (f) => <><Link href={`/findings/${encodeURIComponent(f.key)}`}>{f.id}</Link> <code>{f.package} {f.version}</code><div className="small muted">{f.summary}</div></> },
  { name: "Severity", nowrap: true, cell: (f) => <State state={severityState(f.severity)} /> },
  { name: "State", nowrap: true, cell: (f) => <State state={findingState(f)} /> },
  { name: "Domain", narrow: "named", nowrap: true, cell: (f) => <Owner domain={f.owner} /> },
  { name: "Reaches", narrow: "named", cell: (f) => (f.state === "open" ? exposureWords(f.flag) : <span className="muted">nobody any more</span>) },
  { name: "Age", num: true, narrow: "named", cell: (f) => <Lasted from={f.since.at} to={f.closed} /> },
];
