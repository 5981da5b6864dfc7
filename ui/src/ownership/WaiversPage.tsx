import type { ReactNode } from "react";
import { Link, useSearchParams } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { ProblemNotice, sentence } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { useNow } from "../look/Time";
import { useWaivers } from "./api";
import type { Waiver } from "./shapes";
import { Tabs } from "./Tabs";
import { AskForWaiver, WaiverActions } from "./WaiverActions";
import { untilWords, waiverMatches, waiverState } from "./words";

const EXAMPLES = ["state:asked", "state:granted", "state:expired"];

/** What is let pass for a while, by whom and until when; those that wait come first. */
export function WaiversPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const query = useWaivers();
  const rows = query.data?.items.filter((waiver) => waiverMatches(waiver, filter));
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  return (
    <>
      <PageHead title="Waivers" meta="What breaks a principle and is let pass: for a reason, until a day, by a word of the domain that owns it." actions={<AskForWaiver word="Ask for a waiver" kind="primary" />} />
      <Tabs here="Waivers" />
      <Filter value={filter} onChange={setFilter} examples={EXAMPLES} label="Filter waivers" placeholder="state:asked domain:orders check:file-without-owner person:ana or words" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={rows !== undefined} />}
      {!(query.isError && !rows) && (
        <Card title={filter ? `Waivers that match ${filter}` : "All waivers"}>
          <WaiverTable rows={rows} empty={<Empty filter={filter} clear={() => setFilter("")} />} />
        </Card>
      )}
      <Commands commands={["trunkline waiver list"]} />
    </>
  );
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>No waiver yet. Where a principle stops something, <code>trunkline waiver add CHECK WHAT --reason WHY</code> or the button above asks the domain that owns it.</p>;
  return (
    <p>
      No waiver matches. Keys are <code>state</code>, <code>check</code>, <code>domain</code>, <code>principle</code> and <code>person</code>.{" "}
      <button type="button" className="text-button" onClick={clear}>Show all</button>
    </p>
  );
}

export function WaiverTable({ rows, empty }: { rows: Waiver[] | undefined; empty: ReactNode }) {
  return <Table label="Waivers" columns={COLUMNS} rows={rows} rowKey={(w) => w.number ?? w.place ?? `${w.check} ${w.what}`} empty={empty} />;
}

const COLUMNS: Column<Waiver>[] = [
  {
    name: "What", narrow: "lead", width: "32%",
    cell: (w) => (
      <>
        <code>{w.what}</code> <span className="small muted">{w.number == null ? w.place : `waiver ${w.number}`}</span>
        <div className="small"><q>{w.reason}</q>{w.author && <span className="muted">, {w.author}</span>}</div>
        {w.why_not && <div className="small ink-bad"><Said text={sentence(w.why_not)} /></div>}
      </>
    ),
  },
  { name: "State", nowrap: true, cell: (w) => <State state={waiverState(w)} /> },
  { name: "Principle", narrow: "named", width: "18%", cell: (w) => <>{w.principle ? <Link href={`/principles/${encodeURIComponent(w.principle)}`}>{w.principle}</Link> : <span className="muted">none</span>}<div className="small muted"><code>{w.check}</code></div></> },
  { name: "Until", narrow: "named", nowrap: true, cell: (w) => <Until waiver={w} /> },
  { name: "Decided", narrow: "named", width: "12%", cell: (w) => (w.decided_by ? <><span>{w.decided_by}</span>{w.decided_why && <div className="small muted">{w.decided_why}</div>}</> : <span className="muted">not yet</span>) },
  { name: "Decide", num: true, narrow: "whole", cell: (w) => <WaiverActions waiver={w} /> },
];

function Until({ waiver }: { waiver: Waiver }) {
  const left = untilWords(waiver.expires, useNow());
  return <span title={waiver.expires}>{left}</span>;
}
