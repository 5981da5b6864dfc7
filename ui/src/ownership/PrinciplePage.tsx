import { Link } from "wouter";
import { useSession } from "../access/session";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { count, counted, short } from "../look/words";
import { usePrinciple, useSay } from "./api";
import type { Agreement, GateEvent, PrincipleView, Stopped } from "./shapes";
import { Tabs } from "./Tabs";
import { Violations } from "./Violations";
import { WaiverTable } from "./WaiversPage";
import { checkWords, modeSentence, modeState } from "./words";

/** A principle, for everybody: what it says, why, who agreed, and how often it helped, would have stopped or was waived. */
export function PrinciplePage({ id }: { id: string }) {
  const query = usePrinciple(id);
  const principle = query.data;
  return (
    <>
      <PageHead
        title={principle?.title ?? id}
        crumbs={<><Link href="/principles">Principles</Link><span aria-hidden="true">/</span><code>{id}</code></>}
        meta={principle ? <Meta principle={principle} /> : <span className="skeleton" style={{ width: 220 }} />}
        actions={principle && <Agree principle={principle} />}
      />
      <Tabs here="Principles" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={principle !== undefined} />}
      {principle ? <Inside principle={principle} /> : !query.isError && <Waiting />}
      <Commands commands={[`trunkline principle show ${id}`]} />
    </>
  );
}

function Meta({ principle }: { principle: PrincipleView }) {
  return (
    <>
      {principle.decided && <span>decided {principle.decided}</span>}
      {principle.review && <span>looked at again {principle.review}</span>}
      <span><code>{principle.path}:{principle.line}</code></span>
    </>
  );
}

/** A word that costs nothing and can be taken back. */
function Agree({ principle }: { principle: PrincipleView }) {
  const person = useSession().data?.person;
  const say = useSay();
  const mine = principle.agreed.filter((one) => one.person === person);
  const said = mine.find((one) => !one.in_file);
  const isDone = mine.some((one) => one.to_these_words !== false);
  return (
    <div className="agree">
      {!isDone && <button type="button" className="primary" disabled={say.isPending || !person} onClick={() => say.mutate({ verb: "agree", principle: principle.id })}>{mine.length > 0 ? "I agree to the new words" : "I agree"}</button>}
      {isDone && said && <button type="button" disabled={say.isPending} onClick={() => say.mutate({ verb: "withdraw", principle: principle.id })}>Take my word back</button>}
      {isDone && !said && <span className="small muted">You agreed in its file</span>}
      {!person && <span className="small muted">This session is nobody&rsquo;s: <code>trunkline token create --role admin --person NAME</code></span>}
      {say.isError && <ProblemNotice error={say.error} />}
    </div>
  );
}

function Inside({ principle }: { principle: PrincipleView }) {
  const state = principle.checks.length === 0 ? { kind: "plain" as const, word: "Stated" } : modeState(principle.mode);
  return (
    <>
      <div className={`verdict ${state.kind}`}>
        <State state={state} />
        <p>{principle.statement}</p>
        <small><Said text={modeSentence(principle)} /></small>
      </div>
      <div className="grid">
        <Card title="Why" span={7}><p className="prose">{principle.why || <span className="muted">Its page does not say.</span>}</p><Page text={principle.page} /></Card>
        <Card title="Who agreed" note={principle.agreed.length > 0 ? counted(principle.agreed.length, "person", "persons") : undefined} span={5}><Agreed all={principle.agreed} /></Card>
      </div>
      <div className="grid">
        <Card title="How often, in 90 days" span={7}><Figures principle={principle} /></Card>
        <Card title="Its checks" span={5}><Checks principle={principle} /></Card>
      </div>
      {principle.checks.length > 0 && <Card title="What breaks it on trunk now"><Violations rows={principle.violations} empty="Nothing on trunk breaks it." /></Card>}
      {principle.checks.length > 0 && <Card title="What it would have stopped" note="commits of trunk, judged by what it says today"><WouldHave rows={principle.would_have_stopped} /></Card>}
      {principle.events.length > 0 && <Card title="What gates said because of it"><Table label="Gates" columns={EVENTS} rows={principle.events} rowKey={(e) => `${e.commit} ${e.gate} ${e.at}`} /></Card>}
      <Card title="Waivers" note="of its checks"><WaiverTable rows={principle.waivers} empty={<p>None was asked for.</p>} /></Card>
    </>
  );
}

function Page({ text }: { text: string }) {
  if (text.trim() === "") return null;
  return <details className="chart-twin"><summary>its whole page</summary><pre className="page-text">{text.trim()}</pre></details>;
}

function Agreed({ all }: { all: Agreement[] }) {
  if (all.length === 0) return <p className="empty">Nobody said so yet. Names stand in its file under <code>agreed_by</code>, or say it here.</p>;
  return (
    <ul className="list">
      {all.map((one) => (
        <li key={`${one.person} ${one.in_file}`} className="flag-line">
          <div>{one.person}{one.to_these_words === false && <div className="small ink-warn">to words that have changed since</div>}</div>
          <span className="small muted">{one.in_file ? "in the file" : one.at ? <Ago at={one.at} /> : "here"}</span>
        </li>
      ))}
    </ul>
  );
}

function Figures({ principle: { history, record, mode, checks } }: { principle: PrincipleView }) {
  if (checks.length === 0) return <p className="empty">It has no check, so nothing is counted.</p>;
  return (
    <div className="stack-tight">
      <dl className="facts">
        <dt>Stopped</dt><dd>{counted(record.stopped, "change")}{mode !== "deny" && record.stopped === 0 && <span className="muted">: it is not turned on</span>}</dd>
        <dt>Would have stopped</dt><dd>{history ? <>{count(history.commits)} of {counted(history.of_commits, "commit")}, with {counted(history.violations, "violation")}</> : <span className="muted">not known yet</span>}</dd>
        <dt>Observed by gates</dt><dd>{counted(record.observed, "change")}</dd>
        <dt>Waived</dt><dd>{counted(record.waived, "change")}{history && history.waived > 0 && <span className="muted">, {counted(history.waived, "violation")}</span>}</dd>
      </dl>
      {history && <p className="small muted">The last {count(history.days)} days up to <Link href={`/changes/${history.until}`}><code>{short(history.until)}</code></Link>, by today&rsquo;s catalog and principles.</p>}
    </div>
  );
}

function Checks({ principle }: { principle: PrincipleView }) {
  if (principle.checks.length === 0) return <p className="empty">None: it is stated, and people hold each other to it.</p>;
  return (
    <div className="stack-tight">
      <ul className="bullets">{principle.checks.map((check) => <li key={check}>{checkWords(check)} <div className="small muted"><code>{check}</code></div></li>)}</ul>
      <p className="small muted">{principle.gates.length > 0 ? `Gates: ${principle.gates.join(", ")}` : "At every gate"}</p>
    </div>
  );
}

function WouldHave({ rows }: { rows: Stopped[] | null | undefined }) {
  if (!rows) return <p className="empty">Not known yet: the history of trunk is being looked through.</p>;
  return <Table label="Commits that it would have stopped" columns={STOPPED} rows={rows} rowKey={(s) => s.commit} empty={<p>No commit of these days.</p>} />;
}

const STOPPED: Column<Stopped>[] = [
  { name: "Change", narrow: "lead", width: "38%", cell: (s) => <><Link href={`/changes/${s.commit}`} data-row>{s.subject}</Link><div className="small muted"><code>{short(s.commit)}</code></div></> },
  { name: "What broke it", narrow: "whole", cell: (s) => <Messages of={s} /> },
  { name: "When", num: true, nowrap: true, cell: (s) => <Ago at={s.at} /> },
];

const EVENTS: Column<GateEvent>[] = [
  { name: "Change", narrow: "title", cell: (e) => <Link href={`/changes/${e.commit}`} data-row><code>{short(e.commit)}</code></Link> },
  { name: "Gate", cell: (e) => e.gate },
  { name: "What broke it", narrow: "whole", cell: (e) => <Messages of={e} /> },
  { name: "When", num: true, nowrap: true, cell: (e) => <Ago at={e.at} /> },
];

/** The first of what broke it stands for all. */
function Messages({ of: { violations } }: { of: Pick<Stopped, "violations"> }) {
  const [first] = violations;
  if (!first) return <span className="muted">not kept</span>;
  return <><Said text={first.message} /> <code className="small">{first.path}{first.line != null && `:${first.line}`}</code>{first.waiver && <span className="small muted"> waived</span>}{violations.length > 1 && <span className="small muted"> and {counted(violations.length - 1, "other")}</span>}</>;
}

function Waiting() {
  return (
    <>
      <div className="verdict"><Skeleton lines={1} /></div>
      <div className="grid">
        <Card title="Why" span={7}><Skeleton lines={3} /></Card>
        <Card title="Who agreed" span={5}><Skeleton lines={3} /></Card>
      </div>
      <Card title="What breaks it on trunk now"><Skeleton lines={4} /></Card>
    </>
  );
}
