import { Link, useSearchParams } from "wouter";
import { Card } from "../look/Card";
import { Filter } from "../look/Filter";
import { More } from "../look/More";
import { ProblemNotice, sentence } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago, useNow } from "../look/Time";
import { counted } from "../look/words";
import { useTold } from "./api";
import { NewTarget } from "./NewTarget";
import type { Delivery, Told } from "./shapes";
import { Targets } from "./Targets";
import { attemptWords, deliveryState, followsWords, kindWord, subjectPath, toldMatches } from "./words";

/** Who is told what happens to what they own, and what came of every message. */
export function Notifications() {
  return (
    <>
      <Card title="New target" note="its secret is shown once, kept sealed"><NewTarget /></Card>
      <Targets />
      <Log />
    </>
  );
}

function Log() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  const query = useTold();
  const loaded = query.data?.pages.flatMap((page) => page.items);
  const rows = loaded?.filter((told) => toldMatches(told, filter));
  return (
    <>
      <Filter value={filter} onChange={setFilter} examples={["state:given_up", "state:waiting", "state:nobody", "kind:rollback"]} label="Filter messages" placeholder="state:given_up kind:rollback domain:sales or words" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={loaded !== undefined} />}
      {!(query.isError && !loaded) && (
        <Card title="What was told" note={filter !== "" && loaded && query.hasNextPage ? `${rows?.length ?? 0} of the newest ${loaded.length}` : "newest first, kept for 90 days"}>
          <Table label="What was told" columns={COLUMNS} rows={rows} rowKey={(told) => told.id} empty={<Empty filter={filter} clear={() => setFilter("")} />} />
          <More query={query} />
        </Card>
      )}
    </>
  );
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>Nothing happened yet that somebody would be told. <code>trunkline notify test ID</code> sends a message to a target now.</p>;
  return <p>No message matches. Keys are <code>state</code>, <code>kind</code>, <code>domain</code>, <code>team</code> and <code>subject</code>. <button type="button" className="text-button" onClick={clear}>Show all</button></p>;
}

const COLUMNS: Column<Told>[] = [
  { name: "What", narrow: "lead", width: "46%", cell: (told) => <><Said text={sentence(told.sentence)} /><div className="small muted"><Subject told={told} /> · {told.domain ? `owned by ${told.domain}` : "whose it is, is not known"}{told.team && `, team ${told.team}`}</div></> },
  { name: "Whom, and what came of it", narrow: "whole", cell: (told) => (told.deliveries.length > 0 ? told.deliveries.map((d) => <Sent key={d.target} delivery={d} />) : <span className="muted">nobody: no target asked for it</span>) },
  { name: "When", num: true, narrow: "named", cell: (told) => <Ago at={told.at} /> },
];

function Subject({ told }: { told: Told }) {
  const path = subjectPath(told);
  return <>{kindWord(told.kind)} {path ? <Link href={path} data-row>{told.subject}</Link> : told.subject}</>;
}

/** One message to one target: where it stands, and every attempt. */
function Sent({ delivery }: { delivery: Delivery }) {
  const follows = followsWords(delivery, useNow());
  return (
    <div className="sent">
      <State state={deliveryState(delivery)} /> <code className="small">{delivery.url}</code>
      {follows && <div className="small muted"><Said text={follows} /></div>}
      {delivery.attempts.length > 0 && (
        <details className="small">
          <summary>{counted(delivery.attempts.length, "attempt")}</summary>
          <ol className="bullets">{delivery.attempts.map((a) => <li key={a.number} value={a.number}><Said text={attemptWords(a)} />, <Ago at={a.begun} />{a.answer && <> <code>{a.answer}</code></>}</li>)}</ol>
        </details>
      )}
    </div>
  );
}
