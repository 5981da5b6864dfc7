import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useSignOut } from "../access/session";
import { call } from "../api/client";
import type { Settings } from "../api/shapes";
import { useStatus } from "../delivery/api";
import { FreezeButton } from "../delivery/Freeze";
import { Card } from "../look/Card";
import { Confirm } from "../look/Confirm";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { State } from "../look/State";
import { short } from "../look/words";

export function General() {
  const query = useQuery({ queryKey: ["settings"], queryFn: () => call<Settings>("GET", "/api/v1/settings") });
  return (
    <>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={query.data !== undefined} />}
      <Card title="This installation" note="one data folder, one product">
        {query.data ? <Installation settings={query.data} /> : query.isError ? <p className="empty">Not known while Trunkline does not answer.</p> : <Skeleton lines={6} />}
      </Card>
      <div className="grid">
        <Card title="Deployments" span={6}><Deploying /></Card>
        <Card title="This browser" span={6}><ThisBrowser /></Card>
      </div>
    </>
  );
}

function Installation({ settings }: { settings: Settings }) {
  const facts: [string, ReactNode][] = [
    ["Product", settings.product],
    ["Product address", <a href={settings.product_address}>{settings.product_address}</a>],
    ["System address", <code>{settings.system_address}</code>],
    ["Trunk", <Trunk trunk={settings.trunk} />],
    ["Data folder", <code>{settings.data}</code>],
    ["Control store", settings.database],
    ["Isolation", settings.isolation],
    ["Version", `Trunkline ${settings.version}`],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}

function Trunk({ trunk }: { trunk: Settings["trunk"] | null }) {
  if (!trunk) return <>no repository is watched yet</>;
  return (
    <>
      {trunk.branch ?? "default branch"} of <code>{trunk.url}</code>
      {trunk.head && <> at <Link href={`/changes/${trunk.head}`}><code>{short(trunk.head)}</code></Link></>}
    </>
  );
}

function Deploying() {
  const query = useStatus();
  if (!query.data) return query.isError ? <ProblemNotice error={query.error} retry={() => void query.refetch()} /> : <Skeleton lines={2} />;
  const frozen = query.data.services.find((s) => s.frozen)?.frozen ?? null;
  return (
    <div className="stack">
      <div><State state={frozen === null ? { kind: "good", word: "Not frozen" } : { kind: "warn", word: "Frozen" }} /></div>
      <p>{frozen === null ? "What is verified is deployed at once. A freeze lets nothing new begin; rollbacks always go through." : `No new deployment begins: ${frozen}`}</p>
      <div><FreezeButton frozen={frozen} /></div>
    </div>
  );
}

function ThisBrowser() {
  const signOut = useSignOut();
  return (
    <div className="stack">
      <p>Signed in by a one-time link. The session ends by itself after 30 days.</p>
      <div>
        <Confirm word="Sign out" title="Sign this browser out" sure="Sign out" perform={signOut}>
          <p>Another one-time link signs it in again: <code>trunkline token link</code></p>
        </Confirm>
      </div>
    </div>
  );
}
