import { Link, useSearchParams } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { More } from "../look/More";
import { ProblemNotice } from "../look/Notice";
import { none } from "../look/Said";
import { Split } from "../look/Split";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago, useNow } from "../look/Time";
import { useFlags } from "./api";
import type { FlagRow } from "./shapes";
import { expiryWords, exposedWords, flagState, splitOf, splitWords } from "./words";

const EXAMPLES = ["state:ramping", "state:dark", "state:killed", "kind:release"];

/** Every flag of the product; the filter is part of the address. */
export function FlagsPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const query = useFlags(filter);
  const rows = query.data?.pages.flatMap((page) => page.items);
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  return (
    <>
      <PageHead title="Flags" meta="What is deployed and who sees it: dark, shown to some, or live for everybody." />
      <Filter value={filter} onChange={setFilter} examples={EXAMPLES} label="Filter flags" placeholder="state:ramping owner:sales journey:checkout or words of the key" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={rows !== undefined} />}
      {!(query.isError && !rows) && (
        <Card title={filter ? `Flags that match ${filter}` : "All flags"} note={query.isPlaceholderData ? "filtering" : undefined}>
          <Table label="Flags" columns={COLUMNS} rows={rows} rowKey={(f) => f.key} skeletonRows={6} empty={<Empty filter={filter} clear={() => setFilter("")} />} />
          <More query={query} word="Show more" />
        </Card>
      )}
      <Commands commands={["trunkline flag list", "trunkline flag stale"]} />
    </>
  );
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>No flag yet. Put a flagd definition into <code>flags/</code> of the repository, for example <code>flags/checkout.yaml</code>, and <code>git push</code>: new flags come into force dark.</p>;
  return (
    <p>
      No flag matches. Keys are <code>state</code>, <code>kind</code>, <code>owner</code> and <code>journey</code>; other words are looked for in the key.{" "}
      <button type="button" className="text-button" onClick={clear}>Show all</button>
    </p>
  );
}

const COLUMNS: Column<FlagRow>[] = [
  {
    name: "Flag", narrow: "lead", width: "30%",
    cell: (f) => (
      <>
        <Link href={`/flags/${encodeURIComponent(f.key)}`} data-row><code>{f.key}</code></Link>
        <div className="small muted">{[f.kind, f.owner, f.journey && `journey ${f.journey}`].filter(Boolean).join(" · ")}</div>
      </>
    ),
  },
  { name: "State", nowrap: true, cell: (f) => <><State state={flagState(f.state)} />{f.held && <div className="small ink-warn" title={f.held.why}>held by a principle</div>}</> },
  { name: "Who gets what", narrow: "whole", width: "26%", cell: (f) => <Division flag={f} /> },
  { name: "Exposed persons", num: true, narrow: "named", cell: (f) => (typeof f.exposed_persons === "number" ? exposedWords(f) : <span className="muted">not known</span>) },
  { name: "Expires", narrow: "named", width: "14%", cell: (f) => (f.expires ? <Expiry at={f.expires} /> : none) },
  { name: "Changed", narrow: "named", num: true, cell: (f) => (f.changed ? <span title={`${f.changed.what} by ${f.changed.who}`}><Ago at={f.changed.at} /></span> : none) },
];

function Division({ flag }: { flag: FlagRow }) {
  if (flag.state === "killed") return <span className="muted">off for everybody</span>;
  const parts = splitOf(flag);
  if (parts.length === 0) return <span className="muted">by rule</span>;
  return <div className="stack-tight"><Split parts={parts} height={8} /><span className="small muted">{splitWords(parts)}</span></div>;
}

export function Expiry({ at }: { at: string }) {
  const { text, late } = expiryWords(at, useNow());
  return <span className={late ? "ink-warn" : undefined} title={at}>{text}</span>;
}
