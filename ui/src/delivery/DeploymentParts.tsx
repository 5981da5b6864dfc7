import { useMemo } from "react";
import type { DeploymentView, InstanceView, JournalLine, MachineStep } from "../api/shapes";
import { Chart } from "../charts/Chart";
import { machine, words } from "../charts/machine";
import { useDrawing } from "../look/Drawn";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { none } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { absolute, count } from "../look/words";
import { emptyScreen, write } from "./ansi";
import { useDeploymentLog } from "./api";
import { LogText } from "./LogText";
import { stateOf } from "./states";

export function Machine({ steps }: { steps: MachineStep[] }) {
  const draw = useDrawing(steps, machine);
  return (
    <Chart
      draw={draw}
      height={72}
      twin={
        <table>
          <thead><tr><th scope="col">Step</th><th scope="col">State</th><th scope="col">Note</th></tr></thead>
          <tbody>{steps.map((s, i) => <tr key={s.name}><td>{s.name}</td><td>{words(steps)[i]}</td><td>{s.note ?? ""}</td></tr>)}</tbody>
        </table>
      }
    />
  );
}

export function Instances({ items }: { items: InstanceView[] }) {
  return <Table label="Instances" columns={INSTANCES} rows={items} rowKey={(i) => i.id} empty={<p>None: no process of this deployment runs.</p>} />;
}

const INSTANCES: Column<InstanceView>[] = [
  { name: "Instance", narrow: "lead", cell: (i) => <code>{i.id}</code> },
  { name: "State", cell: (i) => <><State state={stateOf(i.state)} />{i.why && <div className="small muted">{i.why}</div>}</> },
  { name: "Port", num: true, narrow: "named", cell: (i) => i.port },
  { name: "Process", num: true, narrow: "named", cell: (i) => i.pid ?? none },
  { name: "In flight", num: true, narrow: "named", cell: (i) => count(i.in_flight) },
  { name: "Restarts", num: true, narrow: "named", cell: (i) => count(i.restarts) },
  { name: "Started", num: true, narrow: "named", cell: (i) => (i.started ? <Ago at={i.started} /> : none) },
];

const KINDS: Record<string, string> = { decided: "decided", intended: "about to", observed: "seen" };

export function Journal({ lines }: { lines: JournalLine[] }) {
  return <Table label="Journal" columns={JOURNAL} rows={lines} rowKey={(l) => `${l.at}-${l.kind}-${l.what}-${l.detail ?? ""}`} empty={<p>Nothing is recorded.</p>} />;
}

const JOURNAL: Column<JournalLine>[] = [
  { name: "At", nowrap: true, cell: (l) => <time className="small muted" dateTime={l.at} title={absolute(l.at)}>{l.at.slice(11, 19)}</time> },
  { name: "Kind", nowrap: true, cell: (l) => <span className="small muted">{KINDS[l.kind] ?? l.kind}</span> },
  { name: "What", width: "32%", narrow: "whole", cell: (l) => l.what },
  { name: "Why", narrow: "whole", cell: (l) => (l.detail ? <span className="muted">{l.detail}</span> : null) },
];

export function Plan({ plan }: { plan: { summary: string; text: string } }) {
  return (
    <details>
      <summary>The plan that was saved and is applied exactly as it is</summary>
      <pre className="plan" tabIndex={0} role="region" aria-label="Terraform plan">{plan.text}</pre>
    </details>
  );
}

/** The logs of its plan, its migration and its probes, each as plain text. */
export function Logs({ deployment: { number, logs } }: { deployment: Pick<DeploymentView, "number" | "logs"> }) {
  return <ul className="bullets">{logs.map((name) => <li key={name}><a href={`/api/v1/deployments/${number}/logs/${encodeURIComponent(name)}`} target="_blank" rel="noreferrer">{name}</a></li>)}</ul>;
}

export function DeploymentLog({ number, isRunning }: { number: string; isRunning: boolean }) {
  const query = useDeploymentLog(number, isRunning);
  const text = query.data;
  const screen = useMemo(() => write(emptyScreen, text ?? ""), [text]);
  if (query.isError && text === undefined) return <ProblemNotice error={query.error} retry={() => void query.refetch()} />;
  if (text === undefined) return <Skeleton lines={4} />;
  return <LogText screen={screen} label={`Log of deployment ${number}`} isGrowing={isRunning} />;
}
