import type { Cases, StepView } from "../api/shapes";
import { Card } from "../look/Card";
import { Mark } from "../look/State";
import { bytes, counted } from "../look/words";
import { LogText } from "./LogText";
import { useStepLog } from "./useStepLog";

/** One step: its command, its failing cases, its log. */
export function StepPanel({ run, step }: { run: string; step: StepView }) {
  const whole = `/api/v1/runs/${encodeURIComponent(run)}/steps/${encodeURIComponent(step.name)}/log`;
  return (
    <Card title={`Log of ${step.name}`} note={<>{bytes(step.log_bytes)} · <a href={whole} target="_blank" rel="noreferrer">as plain text</a></>}>
      <div className="stack">
        {step.command && <p className="small muted"><code>{step.command}</code></p>}
        {step.cases && <CasesSummary cases={step.cases} />}
        {step.log_truncated && <p className="small ink-warn">The step printed more than is kept: the log was cut.</p>}
        {step.state === "queued" ? <p className="empty">It has not begun.</p> : <FollowedLog run={run} step={step} />}
      </div>
    </Card>
  );
}

function FollowedLog({ run, step }: { run: string; step: StepView }) {
  const log = useStepLog(run, step.name, step.log_bytes);
  return (
    <>
      {log.left > 0 && <p className="small muted">The first {bytes(log.left)} are left out here; the plain text has them.</p>}
      {log.state === "broken" && <p className="small ink-warn" role="status">The log stream broke off; it is opened again.</p>}
      <LogText screen={log.screen} label={`Log of ${step.name}`} isGrowing={log.state !== "over"} />
    </>
  );
}

function CasesSummary({ cases }: { cases: Cases }) {
  const parts = [`${counted(cases.passed, "case")} passed`, cases.failed > 0 && `${cases.failed} failed`, cases.skipped > 0 && `${cases.skipped} skipped`];
  return (
    <div className="stack-tight">
      <p>{parts.filter(Boolean).join(", ")}</p>
      {cases.failures.length > 0 && (
        <ul className="list">
          {cases.failures.map((failure) => (
            <li key={failure.name}>
              <Mark kind="bad" />
              <div>{failure.name}<pre className="said">{failure.message}</pre></div>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
