import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useSignOut } from "../access/session";
import { answer, api } from "../api/client";
import type { Settings } from "../api/shapes";
import { useRepositories, useStatus } from "../delivery/api";
import { FreezeButton } from "../delivery/Freeze";
import { Card } from "../look/Card";
import { Confirm } from "../look/Confirm";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { State } from "../look/State";
import { short } from "../look/words";

export function General() {
  const query = useQuery({ queryKey: ["settings"], queryFn: () => answer(api.GET("/api/v1/settings")) });
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

/** A browser takes `127.0.0.1:7400` for a path. */
const withScheme = (address: string) => (/^https?:\/\//.test(address) ? address : `http://${address}`);

function Installation({ settings }: { settings: Settings }) {
  const facts: [string, ReactNode][] = [
    ["Product", settings.product],
    ["Product address", <a href={withScheme(settings.product_address)}>{withScheme(settings.product_address)}</a>],
    ["System address", <code>{withScheme(settings.system_address)}</code>],
    ["Trunk", <Trunks />],
    ["Data folder", <code>{settings.data}</code>],
    ["Control store", settings.database],
    ["Isolation", settings.isolation],
    ["Version", <>Trunkline {settings.version}, Apache-2.0; <a href="/console/licenses.md">licences of what the console uses</a></>],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}

function Trunks() {
  const repositories = useRepositories().data?.items;
  if (!repositories) return <span className="skeleton" style={{ width: 160 }} />;
  if (repositories.length === 0) return <>no repository is watched yet</>;
  return (
    <>
      {repositories.map((r) => (
        <div key={r.name}>
          {r.branch ?? "default branch"} of <code>{r.url}</code>
          {r.head && <> at <Link href={`/changes/${r.head}`}><code>{short(r.head)}</code></Link></>}
        </div>
      ))}
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
