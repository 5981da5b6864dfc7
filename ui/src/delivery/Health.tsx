import type { DeploymentView, HealthView, Tally } from "../api/shapes";
import { Chart } from "../charts/Chart";
import { evidenceScale, evidenceSentence, times } from "../charts/evidence";
import { Card } from "../look/Card";
import { useDrawing } from "../look/Drawn";
import { Said } from "../look/Said";
import { Table, type Column } from "../look/Table";
import { count, finePercent, milliseconds } from "../look/words";

/** New against old in the present step: what speaks for a rollback, and when it is enough. */
export function Health({ deployment }: { deployment: DeploymentView }) {
  const { health } = deployment;
  if (!health) return <Card title="New against old"><p className="empty">{whyNone(deployment.phase)}</p></Card>;
  if (!health.old && health.decision === "none") {
    return <Card title="What it answered" note="counted since it went live"><Numbers health={health} deployment={deployment} /></Card>;
  }
  return (
    <Card title="New against old" note="counted by client in the present step, valid at any look">
      <div className="grid">
        <div className="c5">
          <h3>Evidence that the new version is worse: {times(health.evidence)} to 1</h3>
          <Scale health={health} />
          {health.sentence && <p className="small muted">{DECISIONS[health.decision] ?? "Now"}: <Said text={health.sentence} /></p>}
        </div>
        <div className="c7"><Numbers health={health} deployment={deployment} /></div>
      </div>
    </Card>
  );
}

const DECISIONS: Record<string, string> = { hold: "It waits", advance: "It goes on", roll_back: "It is rolled back", none: "Nothing is decided" };

function whyNone(phase: string): string {
  switch (phase) {
    case "queued":
    case "verifying":
    case "probing":
      return "Not known yet: no customer has it.";
    case "canary":
      return "Not known yet: nothing was counted of it.";
    case "rolled_back":
    case "rolling_back":
      return "Not counted any more: no customer has it. The journal says what decided.";
    case "failed":
      return "Never compared: no customer had it.";
    default:
      return "Not compared any more: its canary is over. The journal says what decided.";
  }
}

function Scale({ health: { evidence, threshold } }: { health: HealthView }) {
  const draw = useDrawing({ evidence, threshold }, evidenceScale);
  return <Chart draw={draw} height={68} twinWord="in words" twin={<p>{evidenceSentence({ evidence, threshold })}.</p>} />;
}

interface Row { name: string; of: (t: Tally) => string }

const ROWS: Row[] = [
  { name: "Requests", of: (t) => count(t.requests) },
  { name: "Failing requests", of: (t) => `${count(t.failures)} (${finePercent(share(t.failures, t.requests))})` },
  { name: "Clients", of: (t) => count(t.clients) },
  { name: "Clients that met a failure", of: (t) => `${count(t.failed_clients)} (${finePercent(share(t.failed_clients, t.clients))})` },
  { name: "p50", of: (t) => milliseconds(t.latency.p50_ms) },
  { name: "p99", of: (t) => milliseconds(t.latency.p99_ms) },
];

const share = (part: number, all: number) => (all === 0 ? 0 : part / all);

function Numbers({ health, deployment }: { health: HealthView; deployment: DeploymentView }) {
  const value = (tally: Tally | null | undefined, row: Row) => (tally ? row.of(tally) : <span className="muted">not known</span>);
  const old: Column<Row> = { name: deployment.replaces ? `Old, ${deployment.replaces}` : "Old", num: true, narrow: "named", cell: (row) => value(health.old, row) };
  const columns: Column<Row>[] = [
    { name: "Counted", narrow: "lead", cell: (row) => row.name },
    { name: `New, ${deployment.number}`, num: true, narrow: "named", cell: (row) => <strong className="figure-new">{value(health.new, row)}</strong> },
    ...(health.old || health.decision !== "none" ? [old] : []),
  ];
  return <Table label="What the versions answered" columns={columns} rows={ROWS} rowKey={(r) => r.name} />;
}
