import { useState } from "react";
import { Link } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Cli, Commands } from "../look/Cli";
import { Skeleton } from "../look/Loading";
import { Notice, ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { Split } from "../look/Split";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago, Lasted, useNow } from "../look/Time";
import { absolute, percent, short } from "../look/words";
import { ChangeTimeline } from "../rollout/ChangeTimeline";
import { useFinding } from "./api";
import { FeedAge } from "./FeedAge";
import { FindingActions, type Killed } from "./FindingActions";
import { Due } from "./FindingTable";
import { Owner } from "./Owner";
import type { Finding, FindingEvent, FindingFlag } from "./shapes";
import { bumpText, eventWords, findingState, severityState, timelineOf, waysOf } from "./words";

/** One finding: since when customers have it, whose it is, whom it reaches, and the smallest thing that helps. */
export function FindingPage({ id }: { id: string }) {
  const query = useFinding(id);
  const [killed, setKilled] = useState<Killed>();
  const finding = query.data;
  return (
    <>
      <PageHead
        title={finding ? `${finding.id} in ${finding.package} ${finding.version}` : `Finding ${id}`}
        crumbs={<><Link href="/security">Security</Link><span aria-hidden="true">/</span>{finding?.id ?? id}</>}
        meta={finding ? <Meta finding={finding} /> : <span className="skeleton" style={{ width: 220 }} />}
        actions={finding && <FindingActions finding={finding} done={setKilled} />}
      />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={finding !== undefined} />}
      {killed && <Undo killed={killed} />}
      {finding ? <Inside finding={finding} /> : !query.isError && <Waiting />}
      <Commands commands={[`trunkline finding show ${id}`]} />
    </>
  );
}

function Meta({ finding }: { finding: Finding }) {
  return (
    <>
      <State state={severityState(finding.severity)} />
      <span>{finding.owner ? `${finding.owner} domain` : "owned by nobody"}</span>
      <span>live for <Lasted from={finding.since.at} to={finding.closed} /></span>
      <span>known <Ago at={finding.opened} /></span>
    </>
  );
}

function Undo({ killed: { flag, revision } }: { killed: Killed }) {
  return (
    <Notice kind="good">
      <p>{flag} is killed: nobody is given its other variants any more. The package stays where it is until a version without it ships.</p>
      <div className="small muted">Undo, here on <Link href={`/flags/${encodeURIComponent(flag)}`}>the flag&rsquo;s page</Link> or by</div>
      <Cli command={`trunkline flag set ${flag} --revision ${revision}`} />
    </Notice>
  );
}

function Inside({ finding }: { finding: Finding }) {
  const state = findingState(finding);
  const { bump } = waysOf(finding.actions);
  return (
    <>
      <div className={`verdict ${finding.state === "open" ? severityState(finding.severity).kind : state.kind}`}>
        <State state={state} />
        <p><Said text={finding.sentence} /></p>
        {finding.summary && <small>{finding.summary}</small>}
        {finding.advisories && <FeedAge age={finding.advisories} />}
      </div>
      <Card title="How long customers have it" note="all times on one axis; widths are real durations"><InTime finding={finding} /></Card>
      <div className="grid">
        <Card title="The package" span={6}><Package finding={finding} /></Card>
        <Card title="Whom it reaches" span={6}><Reach finding={finding} /></Card>
      </div>
      <Card title="Smallest bump" note="the nearest newer version without it"><Bump finding={finding} to={bump} /></Card>
      <Card title="History" note="what was worked out, and what people did"><Table label="History" columns={HISTORY} rows={finding.history ?? []} rowKey={(e) => `${e.at}-${e.what}`} empty={<p>Nothing is recorded.</p>} /></Card>
    </>
  );
}

function InTime({ finding }: { finding: Finding }) {
  const present = new Date(useNow()).toISOString();
  return <ChangeTimeline data={timelineOf(finding, present)} />;
}

function Package({ finding }: { finding: Finding }) {
  const { since } = finding;
  return (
    <dl className="facts">
      <dt>Installed</dt><dd><code>{finding.package} {finding.version}</code> <span className="muted">{finding.ecosystem}</span></dd>
      <dt>Fixed in</dt><dd>{finding.fixed.length > 0 ? <code>{finding.fixed.join(", ")}</code> : <span className="muted">no version is known</span>}</dd>
      <dt>Lockfile</dt><dd><code>{finding.source}</code></dd>
      <dt>Came with</dt><dd><Link href={`/deployments/${since.deployment}`}>deployment {since.deployment}</Link>{since.commit && <>, change <Link href={`/changes/${since.commit}`}><code>{short(since.commit)}</code></Link></>} <Ago at={since.at} /></dd>
      <dt>{finding.state === "open" ? "Is in" : "Was last in"}</dt><dd>{finding.services.join(", ")} {finding.deployments.map((number, i) => <span key={number}>{i > 0 && ", "}<Link href={`/deployments/${number}`}>{number}</Link></span>)}</dd>
      <dt>Owner</dt><dd><Owner domain={finding.owner} />{!finding.owner && <span className="muted"> owns the lockfile</span>}</dd>
      <dt>Due</dt><dd><Due finding={finding} /></dd>
      {finding.aliases.length > 0 && <><dt>Also known as</dt><dd>{finding.aliases.join(", ")}</dd></>}
    </dl>
  );
}

function Reach({ finding }: { finding: Finding }) {
  const { flag } = finding;
  if (finding.state === "closed") return <p className="empty">Nobody: {finding.closed_why ?? "it is not in production any more"}.</p>;
  if (!flag) return <p className="empty">Everybody who gets the deployment: the change that brought it has no flag, or several.</p>;
  return (
    <div className="stack">
      <p>The change that brought it has flag <Link href={`/flags/${encodeURIComponent(flag.key)}`}><code>{flag.key}</code></Link>.</p>
      <Exposure flag={flag} />
      <p className="small muted">The flag need not stand before all code that uses the package.</p>
    </div>
  );
}

function Exposure({ flag }: { flag: FindingFlag }) {
  if (flag.killed) return <div><State state={{ kind: "good", word: "Killed: nobody is exposed" }} /></div>;
  if (typeof flag.exposed_share !== "number") return <p className="muted">How many are exposed depends on its rules.</p>;
  const { exposed_share: share } = flag;
  return (
    <div className="stack-tight">
      <Split parts={[{ variant: "not exposed", share: 1 - share }, { variant: "exposed", share }]} />
      <span className="small muted">{percent(share)} of those whom no rule singles out are exposed</span>
    </div>
  );
}

function Bump({ finding, to }: { finding: Finding; to: string | undefined }) {
  if (finding.state === "closed") return <p className="empty">Not needed any more.</p>;
  if (!to) return <p className="empty">No newer version without it is known.</p>;
  return <div className="stack-tight"><p><code>{finding.package}</code> from <code>{finding.version}</code> to <code>{to}</code>, in <code>{finding.source}</code></p><Cli command={bumpText(finding, to)} /></div>;
}

const HISTORY: Column<FindingEvent>[] = [
  { name: "At", nowrap: true, cell: (e) => <time className="small muted" dateTime={e.at}>{absolute(e.at)}</time> },
  { name: "What", width: "30%", narrow: "title", cell: (e) => eventWords(e.what) },
  { name: "Who", narrow: "named", cell: (e) => e.who },
  { name: "Why", narrow: "whole", cell: (e) => (e.detail ? <span className="muted"><Said text={e.detail} /></span> : null) },
];

function Waiting() {
  return (
    <>
      <div className="verdict"><Skeleton lines={1} /></div>
      <Card title="How long customers have it"><div style={{ minHeight: 90 }}><Skeleton lines={2} /></div></Card>
      <div className="grid">
        <Card title="The package" span={6}><Skeleton lines={6} /></Card>
        <Card title="Whom it reaches" span={6}><Skeleton lines={3} /></Card>
      </div>
    </>
  );
}
