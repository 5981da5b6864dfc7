import { Link } from "wouter";
import type { State as Shape } from "../api/shapes";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import type { Violation } from "./shapes";
import { AskForWaiver } from "./WaiverActions";

/** What breaks a principle, where, and whom to ask. */
export function Violations({ rows, empty }: { rows: Violation[]; empty: string }) {
  return <Table label="What breaks it" columns={COLUMNS} rows={rows} rowKey={(v) => `${v.check} ${v.path} ${v.line ?? ""} ${v.what}`} empty={<p>{empty}</p>} />;
}

const COLUMNS: Column<Violation>[] = [
  {
    name: "What", narrow: "lead", width: "46%",
    cell: (v) => (
      <>
        <Said text={v.message} />
        <div className="small muted"><Said text={v.hint} /></div>
      </>
    ),
  },
  { name: "Where", narrow: "whole", cell: (v) => <code>{v.path}{v.line != null && `:${v.line}`}</code> },
  { name: "Does", nowrap: true, cell: (v) => <State state={effectOf(v)} /> },
  { name: "Ask", narrow: "named", cell: (v) => (v.domain ? <Link href={`/domains/${encodeURIComponent(v.domain)}`}>{v.team ?? v.domain}</Link> : <span className="muted">nobody owns it</span>) },
  { name: "Waiver", num: true, cell: (v) => (v.waiver ? <span className="small muted">until {v.waiver.expires}, by {v.waiver.approver}</span> : <AskForWaiver word="Ask" className="text-button" check={v.check} what={v.what} />) },
];

/** What this very violation does now. */
function effectOf({ mode, severity, waiver }: Violation): Shape {
  if (waiver) return { kind: "plain", word: "Waived" };
  if (mode === "observe") return { kind: "plain", word: "Observed" };
  return severity === "deny" ? { kind: "bad", word: "Stops" } : { kind: "warn", word: "Warns" };
}
