import { Link } from "wouter";
import type { DeploymentView } from "../api/shapes";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Ago, Lasted } from "../look/Time";
import { bytes, count, short, shortDigest } from "../look/words";
import { useDeployment, useProvenance } from "./api";
import { deploymentSentence } from "./deployment";
import { DeploymentActions } from "./DeploymentActions";
import { DeploymentLog, Instances, Journal, Logs, Machine, Plan } from "./DeploymentParts";
import { DeploymentSteps } from "./DeploymentSteps";
import { Health } from "./Health";
import { Probe } from "./Probe";
import { ProvenanceView } from "./ProvenanceView";

/** One version on its way to customers, and everything that was decided about it. */
export function DeploymentPage({ number }: { number: string }) {
  const query = useDeployment(number);
  const d = query.data;
  return (
    <>
      <PageHead
        title={d ? `${d.service} ${d.number}: ${d.subject}` : `Deployment ${number}`}
        crumbs={<><Link href="/deployments">Deployments</Link><span aria-hidden="true">/</span>{number}</>}
        meta={d ? <Meta d={d} /> : <span className="skeleton" style={{ width: 220 }} />}
        actions={d && <DeploymentActions deployment={d} />}
      />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={d !== undefined} />}
      {d ? <Inside d={d} /> : !query.isError && <Waiting />}
      <Commands commands={[d?.command ?? "trunkline deploy history"]} />
    </>
  );
}

function Meta({ d }: { d: DeploymentView }) {
  return (
    <>
      <span>change <Link href={`/changes/${d.commit}`}><code>{short(d.commit)}</code></Link></span>
      {d.replaces && <span>after <Link href={`/deployments/${d.replaces}`}>{d.replaces}</Link></span>}
      <span>began <Ago at={d.started} /></span>
      {d.live_at && <span>live for <Lasted from={d.live_at} to={d.ended} /></span>}
    </>
  );
}

function Inside({ d }: { d: DeploymentView }) {
  const isRunning = d.instances.some((i) => i.state !== "stopped" && i.state !== "exited");
  return (
    <>
      <div className={`verdict ${d.state.kind}`}>
        <State state={d.state} />
        <p><Said text={deploymentSentence(d)} /></p>
        <small>Next: <Said text={lower(d.next)} /></small>
      </div>
      <Card title="From queue to live" note="what happens next is decided from what is recorded"><Machine steps={d.machine} /></Card>
      <Probe phase={d.phase} outcome={d.probe} />
      {d.steps.length > 0 && <Card title="Looked at before and with customers" note="its artifact, its probes, its guards"><DeploymentSteps deployment={d} /></Card>}
      <Health deployment={d} />
      <div className="grid">
        <Card title="Instances" note="processes that serve it" span={8}><Instances items={d.instances} /></Card>
        <Card title="What is deployed" span={4}><Deployed d={d} /></Card>
      </div>
      <Card title="Where it comes from" note="checked before it starts"><ComesFrom number={d.number} /></Card>
      {d.plan && <Card title="Infrastructure" note={d.plan.summary}><Plan plan={d.plan} /></Card>}
      <Card title="Journal" note="recorded before it is done"><Journal lines={d.journal} /></Card>
      {d.logs.length > 0 && <Card title="Logs of its steps" note="what was printed on the way to customers"><Logs deployment={d} /></Card>}
      <Card title="Log" note="the last 300 lines of its instances"><DeploymentLog number={String(d.number)} isRunning={isRunning} /></Card>
    </>
  );
}

/** The first letter inside a sentence; names and quotes keep theirs. */
const lower = (text: string) => (/^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text);

function Deployed({ d }: { d: DeploymentView }) {
  return (
    <dl className="facts">
      <dt>Digest</dt><dd><code title={d.digest}>{shortDigest(d.digest)}</code></dd>
      {d.artifact ? <><dt>Files</dt><dd>{count(d.artifact.files)}</dd><dt>Size</dt><dd>{bytes(d.artifact.bytes)}</dd></> : <><dt>Files</dt><dd className="muted">not kept any more</dd></>}
      <dt>Release</dt><dd>{d.number}</dd>
      {(d.live_at || d.weight > 0) && <><dt>Made of</dt><dd><a href={`/api/v1/deployments/${d.number}/sbom`} download={`${d.service}-${d.number}.cdx.json`}>CycloneDX</a></dd></>}
    </dl>
  );
}

function ComesFrom({ number }: { number: number }) {
  const query = useProvenance(number);
  if (query.data) return <ProvenanceView provenance={query.data} />;
  return query.isError ? <ProblemNotice error={query.error} retry={() => void query.refetch()} /> : <Skeleton lines={4} />;
}

function Waiting() {
  return (
    <>
      <div className="verdict"><Skeleton lines={1} /></div>
      <Card title="From queue to live"><div style={{ minHeight: 72 }}><Skeleton lines={2} /></div></Card>
      <Card title="New against old"><Skeleton lines={4} /></Card>
    </>
  );
}
