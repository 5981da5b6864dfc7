import { Link } from "wouter";
import type { ChangeArtifact, CheckView, DeploymentItem, Evidence, FileStat, Lineage, RedGreen, State as StateShape } from "../api/shapes";
import { probeOf } from "../delivery/probe";
import { provenanceState } from "../delivery/provenance";
import { ProvenanceView } from "../delivery/ProvenanceView";
import { stateOf } from "../delivery/states";
import { none, Said } from "../look/Said";
import { Mark, State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { bytes, count, duration, percent, shortDigest } from "../look/words";
import { isGate } from "./Gates";

export function EvidenceList({ items }: { items: Evidence[] }) {
  if (items.length === 0) return <p className="empty">None yet: its run has not begun.</p>;
  return (
    <ul className="list">
      {items.map((item) => (
        <li key={`${item.text}-${item.link ?? ""}`}>
          <Mark kind={item.state.kind} />
          <div>
            <span className="hidden">{item.state.word}: </span>
            <Said text={item.text} />
            {item.detail && <div className="small muted"><Said text={item.detail} /></div>}
          </div>
          {item.link ? <Link className="small" href={item.link}>{item.link.startsWith("/runs/") ? "run" : "open"}</Link> : <span className="small muted">{item.state.word}</span>}
        </li>
      ))}
    </ul>
  );
}

export function Checks({ change }: { change: Lineage }) {
  if (!change.checks) return <p className="empty">Not known yet: its run has not begun.</p>;
  return <Table label="Checks" columns={CHECKS} rows={change.checks.filter((check) => !isGate(check))} rowKey={(c) => c.name} empty={<p>No checks are declared in <code>trunkline.yaml</code>. It deploys all the same.</p>} />;
}

const CHECKS: Column<CheckView>[] = [
  { name: "Check", narrow: "title", cell: (c) => c.name },
  { name: "State", nowrap: true, cell: (c) => <State state={stateOf(c.state)} /> },
  { name: "Took", num: true, cell: (c) => (typeof c.seconds === "number" ? duration(c.seconds) : none) },
];

const PROOFS: Record<RedGreen["state"], { state: StateShape; text: string }> = {
  proved: { state: { kind: "good", word: "Proved" }, text: "The new tests failed on the parent and pass here." },
  proved_no_build: { state: { kind: "good", word: "Proved" }, text: "The parent cannot even build with the new tests." },
  not_proved: { state: { kind: "warn", word: "Not proved" }, text: "The new tests pass on the parent too: they prove nothing about this change." },
  no_tests: { state: { kind: "plain", word: "No tests" }, text: "The change brings no tests." },
  unknown: { state: { kind: "warn", word: "Unknown" }, text: "Whether its tests would fail without it could not be found out." },
};

export function RedBeforeGreen({ proof }: { proof: RedGreen | null | undefined }) {
  if (!proof) return <p className="empty">Not known yet: the tests were not run against the parent.</p>;
  const { state, text } = PROOFS[proof.state];
  return (
    <div className="stack">
      <div className="meta"><State state={state} /></div>
      <p>{text}</p>
      {proof.reason && <p className="small muted">{proof.reason}</p>}
      {proof.tests.length > 0 && (
        <ul className="bullets">{proof.tests.slice(0, 12).map((test) => <li key={test}><code>{test}</code></li>)}</ul>
      )}
      {proof.tests.length > 12 && <p className="small muted">and {proof.tests.length - 12} more</p>}
    </div>
  );
}

export function Artifacts({ items }: { items: ChangeArtifact[] | null | undefined }) {
  if (!items) return <p className="empty">Not known yet: nothing is built.</p>;
  return (
    <div className="stack">
      <Table label="Artifacts" columns={ARTIFACTS} rows={items} rowKey={(a) => `${a.service}-${a.digest}`} empty={<p>This change builds nothing.</p>} />
      {items.map((artifact) => <details key={artifact.service} className="small"><summary>Provenance of {artifact.service}</summary><ProvenanceView provenance={artifact.provenance} /></details>)}
    </div>
  );
}

const unknown = <span className="muted">not known yet</span>;

const ARTIFACTS: Column<ChangeArtifact>[] = [
  { name: "Service", narrow: "lead", cell: (a) => a.service },
  { name: "Digest", nowrap: true, cell: (a) => <code title={a.digest}>{shortDigest(a.digest)}</code> },
  { name: "Holds", cell: (a) => `${count(a.files)} ${a.files === 1 ? "file" : "files"}, ${bytes(a.bytes)}` },
  { name: "Provenance", nowrap: true, cell: (a) => <State state={provenanceState(a.provenance)} /> },
  { name: "Components", num: true, narrow: "named", cell: (a) => (typeof a.components === "number" ? count(a.components) : unknown) },
  { name: "Findings", num: true, narrow: "named", cell: (a) => (typeof a.findings === "number" ? count(a.findings) : unknown) },
];

export function Deployments({ change }: { change: Lineage }) {
  return <Table label="Deployments of this change" columns={DEPLOYMENTS} rows={change.deployments} rowKey={(d) => d.number} empty={<p>None: {change.shipped_in ? "it reached customers inside a newer change." : change.why ?? "it is not verified yet."}</p>} />;
}

/** How the probes went that walked it before any customer had it. */
function Dark({ deployment }: { deployment: DeploymentItem }) {
  const probe = probeOf(deployment.phase, deployment.probe);
  return probe ? <><State state={probe.state} /> <div className="small muted"><Said text={probe.text} /></div></> : none;
}

const DEPLOYMENTS: Column<DeploymentItem>[] = [
  { name: "Deployment", narrow: "lead", nowrap: true, cell: (d) => <Link href={`/deployments/${d.number}`} data-row>{d.service} {d.number}</Link> },
  { name: "State", nowrap: true, cell: (d) => <State state={d.state} /> },
  { name: "Visitors", narrow: "named", cell: (d) => (d.weight > 0 ? percent(d.weight) : <span className="muted">none</span>) },
  { name: "In the dark", narrow: "whole", cell: (d) => <Dark deployment={d} /> },
  { name: "Why", narrow: "whole", cell: (d) => (d.reason ? <Said text={d.reason} /> : none) },
  { name: "Began", narrow: "named", nowrap: true, cell: (d) => <Ago at={d.started} /> },
];

/** What guards saw: customers on it beside those on the version before, at the same time. */
export function Guards({ guards }: { guards: Lineage["guards"] }) {
  if (!guards) return <p className="empty">Not known yet: no customer has had it, or its guards have not looked.</p>;
  return <Table label="Guards of this change" columns={GUARDS} rows={guards} rowKey={(g) => `${g.deployment}-${g.journey}`} empty={<p>None: no journey guards it.</p>} />;
}

type Guard = NonNullable<Lineage["guards"]>[number];

const WORDS: Record<Guard["state"], StateShape> = {
  running: { kind: "busy", word: "Watches" },
  passed: { kind: "good", word: "Holds" },
  failed: { kind: "bad", word: "Worse" },
};

const GUARDS: Column<Guard>[] = [
  { name: "Journey", narrow: "lead", nowrap: true, cell: (g) => <Link href={`/journeys/${encodeURIComponent(g.journey)}?by=release`}>{g.journey}</Link> },
  { name: "State", nowrap: true, cell: (g) => <State state={WORDS[g.state]} /> },
  { name: "What it saw", narrow: "whole", cell: (g) => (g.summary ? <Said text={g.summary} /> : none) },
  { name: "Deployment", narrow: "named", num: true, cell: (g) => <Link href={`/deployments/${g.deployment}`}>{g.deployment}</Link> },
  { name: "Looked", num: true, narrow: "named", nowrap: true, cell: (g) => <Ago at={g.at} /> },
];

const FILES_SHOWN = 40;

export function Files({ files }: { files: FileStat[] }) {
  return (
    <>
      <Table label="Changed files" columns={FILES} rows={files.slice(0, FILES_SHOWN)} rowKey={(f) => f.path} empty={<p>It changes no file.</p>} />
      {files.length > FILES_SHOWN && <p className="small muted" style={{ marginTop: 8 }}>and {files.length - FILES_SHOWN} more</p>}
    </>
  );
}

const FILES: Column<FileStat>[] = [
  { name: "Path", narrow: "title", cell: (f) => <code>{f.path}</code> },
  { name: "Added", num: true, cell: (f) => lines("+", f.added) },
  { name: "Removed", num: true, cell: (f) => lines("−", f.removed) },
];

const lines = (sign: string, n: number | null | undefined) => (typeof n === "number" ? (n === 0 ? <span className="muted">0</span> : `${sign}${count(n)}`) : <span className="muted">binary</span>);
