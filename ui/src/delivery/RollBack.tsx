import { useState } from "react";
import type { DeploymentItem, ServiceStatus } from "../api/shapes";
import { Confirm, typed } from "../look/Confirm";
import { Skeleton } from "../look/Loading";
import { counted, percent, rate, short } from "../look/words";
import { useDeployments, useStatus, useVerb } from "./api";

interface Props {
  deployment: DeploymentItem;
  /** The version to go back to, where that is not for the person to choose. */
  to?: number;
}

/** Takes a deployment back, after saying who is concerned and what will wait. */
export function RollBackButton({ deployment, to: fixed }: Props) {
  const verb = useVerb("rollback");
  const isCanary = deployment.phase !== "live";
  const perform = (values: FormData) => {
    const to = fixed ?? typed(values, "to");
    const reason = typed(values, "reason");
    return verb.mutateAsync({ service: deployment.service, ...(to && !isCanary ? { to: Number(to) } : {}), ...(reason ? { reason } : {}) });
  };
  return (
    <Confirm word={fixed === undefined ? "Roll back" : `Roll back to ${fixed}`} kind="danger" title={`Roll back ${deployment.service} ${deployment.number}`} sure="Roll back" reason="optional" perform={perform}>
      <BlastRadius deployment={deployment} isCanary={isCanary} to={fixed} />
    </Confirm>
  );
}

function BlastRadius({ deployment, isCanary, to }: { deployment: DeploymentItem; isCanary: boolean; to: number | undefined }) {
  const status = useStatus();
  const history = useDeployments(deployment.service);
  const service = status.data?.services.find((s) => s.service === deployment.service);
  const all = history.data?.pages.flatMap((page) => page.items);
  if (!all || !service) return <Skeleton lines={4} />;
  const behind = service.waiting.filter((w) => w.commit !== deployment.commit);
  const targets = isCanary ? [] : all.filter((d) => d.service === deployment.service && d.number < deployment.number && d.live_at);
  return (
    <div className="stack">
      <ul className="bullets">
        <li>{whoMoves(deployment, service, isCanary, to)}</li>
        <li>New requests go there within a second; those that are running are finished.</li>
        <li><code>{short(deployment.commit)}</code> and every change that contains it wait until a commit reverts it, one says <code>Fixes: {short(deployment.commit)}</code>, or somebody resumes.</li>
        {behind.length > 0 && <li>{counted(behind.length, "other change is", "other changes are")} between trunk and customers: {behind.slice(0, 3).map((w) => w.subject).join(", ")}{behind.length > 3 && " and more"}.</li>}
      </ul>
      {!isCanary && to === undefined && <Target targets={targets} />}
      <p className="small muted">Undo: <code>trunkline deploy resume --reason "…"</code></p>
    </div>
  );
}

function whoMoves(deployment: DeploymentItem, service: ServiceStatus, isCanary: boolean, to: number | undefined): string {
  const traffic = service.traffic ? `, ${rate(service.traffic.requests_per_second)} requests/s now` : "";
  if (isCanary) return `${percent(deployment.weight)} of visitors of ${deployment.service} have it and get ${service.live ? service.live.number : "the version before"} again.`;
  return `All visitors of ${deployment.service}${traffic}: they get ${to === undefined ? "an older version" : `version ${to}`}.`;
}

function Target({ targets }: { targets: DeploymentItem[] }) {
  const [chosen, setChosen] = useState("");
  if (targets.length === 0) return <p>No older version of it was ever live: there is nothing to go back to.</p>;
  return (
    <label className="field">
      <span>Back to</span>
      <select name="to" value={chosen} onChange={(event) => setChosen(event.target.value)}>
        <option value="">the one before</option>
        {targets.map((d) => <option key={d.number} value={d.number}>{d.number} · {short(d.commit)} · {d.subject}</option>)}
      </select>
    </label>
  );
}
