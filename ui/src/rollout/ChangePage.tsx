import { Link } from "wouter";
import type { Lineage } from "../api/shapes";
import { PageHead } from "../app/PageHead";
import { RollBackButton } from "../delivery/RollBack";
import { isBroken } from "../charts/timeline";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Ago } from "../look/Time";
import { short } from "../look/words";
import { useChange } from "./api";
import { Artifacts, Checks, Deployments, EvidenceList, Files, Guards, RedBeforeGreen } from "./ChangeParts";
import { ChangeTimeline } from "./ChangeTimeline";
import { Customers } from "./Customers";
import { Gates, isGate } from "./Gates";
import { NotKnown } from "./NotKnown";
import { Findings } from "./Secured";
import { Voices } from "./Voices";

/** The story of one change: the answer, the picture, the evidence. */
export function ChangePage({ sha }: { sha: string }) {
  const query = useChange(sha);
  const change = query.data;
  return (
    <>
      <PageHead
        title={change?.subject ?? "Change"}
        crumbs={<><Link href="/changes">Changes</Link><span aria-hidden="true">/</span><code>{short(sha)}</code></>}
        meta={change ? <Meta change={change} /> : <span className="skeleton" style={{ width: 220 }} />}
        actions={change && <Actions change={change} />}
      />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={change !== undefined} />}
      {change ? <Story change={change} /> : !query.isError && <Waiting />}
      <Commands commands={[change?.command ?? `trunkline change show ${short(sha)}`]} />
    </>
  );
}

function Meta({ change }: { change: Lineage }) {
  return (
    <>
      <span>{change.commit.author}</span>
      <span>{change.repository}</span>
      {change.flags && change.flags.length > 0 && <span>{change.flags.length === 1 ? "flag" : "flags"} {change.flags.map((key, i) => <span key={key}>{i > 0 && ", "}<Link href={`/flags/${encodeURIComponent(key)}`}><code>{key}</code></Link></span>)}</span>}
      {change.run && <Link href={`/runs/${change.run}`}>its run</Link>}
      <span>landed <Ago at={change.commit.landed} /></span>
    </>
  );
}

function Actions({ change }: { change: Lineage }) {
  const shipped = change.deployments.find((d) => d.phase === "live" || d.phase === "canary");
  return shipped ? <RollBackButton deployment={shipped} /> : null;
}

/** Before anybody has it there is nothing to find in production, and nobody to say anything. */
const reachedCustomers = ({ findings, feedback, deployments }: Lineage): boolean => Boolean(findings ?? feedback) || deployments.some((d) => d.live_at || d.weight > 0);

/** In the order in which it happens: from the commit to what customers say. */
function Story({ change }: { change: Lineage }) {
  const gates = (change.checks ?? []).filter(isGate);
  const isWhole = change.unknown.length === 0;
  return (
    <>
      <div className={`verdict ${change.state.kind}`}>
        <State state={change.state} />
        <p><Said text={change.sentence} /></p>
        <Because change={change} />
      </div>
      <Card title="From commit to customers" note={isBroken(change.timeline) ? "widths are real durations; a long wait is cut out at //" : "all times on one axis; widths are real durations"}>
        <ChangeTimeline data={change.timeline} />
      </Card>
      <div className="grid">
        <Card title="Evidence" note={isWhole ? "everything about this change is known" : "what production runs is what was checked"} span={isWhole ? 12 : 7}><EvidenceList items={change.evidence} /></Card>
        {!isWhole && <Card title="Not known yet" note="unknown is never reported as fine" span={5}><NotKnown parts={change.unknown} /></Card>}
      </div>
      <div className="grid">
        <Card title="Checks" note={change.run ? <Link href={`/runs/${change.run}`}>run and logs</Link> : undefined} span={6}><Checks change={change} /></Card>
        <Card title="Red before green" note="its new tests against its parent" span={6}><RedBeforeGreen proof={change.red_green} /></Card>
      </div>
      {gates.length > 0 && <Card title="Gates" note="judged against exactly what customers had"><Gates gates={gates} /></Card>}
      <Card title="Artifacts" note="what is deployed, and where it comes from"><Artifacts items={change.artifacts} /></Card>
      <Card title="Deployments" note="walked in the dark before anybody has it"><Deployments change={change} /></Card>
      {change.deployments.length > 0 && <Card title="Guards" note="customers on it beside those on the version before"><Guards guards={change.guards} /></Card>}
      <Customers change={change} />
      {reachedCustomers(change) && <><Findings change={change} /><Voices change={change} /></>}
      <Card title="Files" note={change.files.length > 0 ? <FileTotals change={change} /> : undefined}><Files files={change.files} /></Card>
    </>
  );
}

function FileTotals({ change }: { change: Lineage }) {
  const sum = (pick: (f: Lineage["files"][number]) => number | null | undefined) => change.files.reduce((total, file) => total + (pick(file) ?? 0), 0);
  return <>{change.files.length} {change.files.length === 1 ? "file" : "files"}, +{sum((f) => f.added)} −{sum((f) => f.removed)} lines</>;
}

/** Other changes that this one's story hangs on. */
function Because({ change }: { change: Lineage }) {
  const links: [string, string[]][] = [
    ["mends", change.fixes],
    ["reverts", change.reverts],
    ["mended by", change.fixed_by ? [change.fixed_by] : []],
    ["shipped inside", change.shipped_in ? [change.shipped_in] : []],
    ["waits behind", change.waits_behind ? [change.waits_behind] : []],
  ];
  const said = links.filter(([, shas]) => shas.length > 0);
  if (said.length === 0) return null;
  return (
    <small>
      {said.map(([word, shas], i) => (
        <span key={word}>
          {i > 0 && " · "}
          {word} {shas.map((sha, n) => <span key={sha}>{n > 0 && ", "}<Link href={`/changes/${sha}`}><code>{short(sha)}</code></Link></span>)}
        </span>
      ))}
    </small>
  );
}

function Waiting() {
  return (
    <>
      <div className="verdict"><Skeleton lines={1} /></div>
      <Card title="From commit to customers"><div style={{ minHeight: 150 }}><Skeleton lines={4} /></div></Card>
      <div className="grid">
        <Card title="Evidence" span={6}><Skeleton lines={5} /></Card>
        <Card title="Checks" span={6}><Skeleton lines={5} /></Card>
      </div>
    </>
  );
}
