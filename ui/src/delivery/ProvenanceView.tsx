import { Link } from "wouter";
import type { Provenance } from "../api/shapes";
import { sentence } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Ago } from "../look/Time";
import { short } from "../look/words";
import { builtFrom, provenanceState } from "./provenance";

/** Where an artifact comes from, and whether that is signed by this installation. */
export function ProvenanceView({ provenance }: { provenance: Provenance }) {
  const { repository, commit, command, run, builder, finished } = builtFrom(provenance.statement);
  return (
    <div className="stack">
      <div><State state={provenanceState(provenance)} /></div>
      {provenance.why && <p><Said text={sentence(provenance.why)} /></p>}
      <dl className="facts">
        {commit && <><dt>Built from</dt><dd>{repository} <Link href={`/changes/${commit}`}><code>{short(commit)}</code></Link></dd></>}
        {commit && <><dt>By</dt><dd>{command ? <code>{command}</code> : "its files as they are"}{run && <>, <Link href={`/runs/${run}`}>its run</Link></>}</dd></>}
        {finished && <><dt>Built</dt><dd><Ago at={finished} /></dd></>}
        {builder && <><dt>Builder</dt><dd><code>{builder}</code></dd></>}
        <dt>Key</dt><dd><code>{provenance.key}</code></dd>
      </dl>
      {provenance.envelope && (
        <details className="small">
          <summary>The signed statement, for any tool that reads DSSE</summary>
          <pre className="plan" tabIndex={0} role="region" aria-label="Signed statement">{JSON.stringify(provenance.envelope, null, 2)}</pre>
        </details>
      )}
    </div>
  );
}
