import type { GateProblem, Judgement } from "../api/shapes";
import { Said } from "../look/Said";
import { Mark, State } from "../look/State";
import { meaningOf, placeOf, seenOf, verdictState } from "./judgement";

/** What a gate says of a change: its verdict, what is wrong and where, and what it saw. */
export function JudgementView({ judgement }: { judgement: Judgement }) {
  const isTold = judgement.problems.length > 0;
  return (
    <div className="stack">
      <div className="stack-tight">
        <div><State state={verdictState(judgement)} /></div>
        <p><Said text={judgement.summary} /></p>
        <p className="small muted">{meaningOf(judgement)}</p>
      </div>
      {isTold && <Problems all={judgement.problems} isBad={judgement.state === "failed" || judgement.state === "unknown"} />}
      <EvidenceSeen evidence={judgement.evidence} />
    </div>
  );
}

function Problems({ all, isBad }: { all: GateProblem[]; isBad: boolean }) {
  return (
    <ul className="list" aria-label="Problems">
      {all.map((problem, i) => (
        <li key={`${placeOf(problem) ?? ""}-${i}`}>
          <Mark kind={isBad ? "bad" : "warn"} />
          <div>
            {placeOf(problem) && <><code>{placeOf(problem)}</code> </>}
            <Said text={problem.message} />
            {problem.hint && <div className="small muted"><Said text={problem.hint} /></div>}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** What was seen; nothing where nothing was kept. */
export function EvidenceSeen({ evidence, word = "What it saw" }: { evidence: unknown; word?: string }) {
  const { facts, rest } = seenOf(evidence);
  if (facts.length + rest.length === 0) return null;
  return (
    <details className="small">
      <summary>{word}</summary>
      <div className="stack-tight">
        <dl className="facts">{facts.map(([name, value]) => <div key={name} style={{ display: "contents" }}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
        {rest.map(([name, value]) => <div key={name}><span className="muted">{name}</span><pre className="said" tabIndex={0} role="region" aria-label={name}>{JSON.stringify(value, null, 2)}</pre></div>)}
      </div>
    </details>
  );
}
