import { useMemo, useState } from "react";
import { Link, useSearchParams } from "wouter";
import type { DeploymentItem, DoraService } from "../api/shapes";
import { PageHead } from "../app/PageHead";
import { periods, PERIODS_HEIGHT, type Periods } from "../charts/periods";
import { momentWord } from "../charts/trend";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Drawn, useDrawing } from "../look/Drawn";
import { Filter } from "../look/Filter";
import { Icon } from "../look/Icon";
import { Skeleton } from "../look/Loading";
import { More } from "../look/More";
import { ProblemNotice, sentence } from "../look/Notice";
import { none, Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { counted, duration, short } from "../look/words";
import { useDeployments, useDora } from "./api";
import { FIGURES, isCounted, lengthOf, LENGTHS, valueOf, windowOf, WINDOWS, windowsOf, wordsOf, type Figure, type Window } from "./dora";
import { deploymentMatches } from "./filter";

/** DORA's five figures of one service, from how many things they were counted, and what they do not know. */
export function DoraPage() {
  const [params, setParams] = useSearchParams();
  const [now] = useState(Date.now);
  const days = lengthOf(params.get("days"));
  const window = useMemo(() => windowOf(days, now), [days, now]);
  const newest = useDora(window, WINDOWS);
  const all = newest.data ? windowsOf(newest.data) : [];
  const services = newest.data?.services;
  const name = services?.find(({ service }) => service === params.get("service"))?.service ?? services?.[0]?.service;
  const told = all.map((one) => one.services.find(({ service }) => service === name));
  const set = (key: string, value: string) => setParams((before) => { const next = new URLSearchParams(before); next.set(key, value); return next; }, { replace: true });
  return (
    <>
      <PageHead title="Delivery" meta="How fast and how safely changes reach customers: DORA's five figures, each of one service." />
      <div className="controls" role="group" aria-label="What is looked at">
        <label className="choice"><span>The last</span><select value={days} onChange={(event) => set("days", event.target.value)}>{LENGTHS.map((n) => <option key={n} value={n}>{n} days</option>)}</select></label>
        {services && services.length > 1 && <label className="choice"><span>Service</span><select value={name} onChange={(event) => set("service", event.target.value)}>{services.map(({ service }) => <option key={service}>{service}</option>)}</select></label>}
      </div>
      {newest.isError && <ProblemNotice error={newest.error} retry={() => void newest.refetch()} kept={newest.data !== undefined} />}
      {services?.length === 0 && <Card title="No service yet"><div className="empty"><p>Figures begin with the first deployment: <code>git push</code>.</p></div></Card>}
      {services?.length !== 0 && !(newest.isError && !services) && <Inside told={told} windows={all.length > 0 ? all : [window]} service={name} filter={params.get("q") ?? ""} setFilter={(q) => set("q", q)} />}
      <Commands commands={[`trunkline deploy dora${name ? ` --service ${name}` : ""}`]} />
    </>
  );
}

interface InsideProps { told: (DoraService | undefined)[]; windows: Window[]; service: string | undefined; filter: string; setFilter: (q: string) => void }

function Inside({ told, windows, service, filter, setFilter }: InsideProps) {
  const newest = told.at(-1);
  const ends = windows.map(({ to }) => momentWord(to, "day"));
  return (
    <>
      <div className="dora">
        {FIGURES.map((figure) => {
          const trend: Periods = { name: figure.name, values: told.map((s) => valueOf(figure, s)), words: told.map((s) => wordsOf(figure, s)), ends };
          return (
            <Card key={figure.name} title={figure.name}>
              <div className={valueOf(figure, newest) === null ? "figure muted" : "figure"}>{newest ? wordsOf(figure, newest) : <span className="skeleton" style={{ width: 60, height: 20 }} />}</div>
              <p className="small">{newest ? figure.population(newest) : "\u00a0"}</p>
              <p className="small muted">{figure.what}</p>
              <Trend data={trend} />
            </Card>
          );
        })}
      </div>
      <div className="grid">
        <Card title="Parts of the lead time" note="medians; they need not add up" span={5}>{newest ? <Parts service={newest} /> : <Skeleton lines={3} />}</Card>
        <Card title="What is not known" note="of nothing there is no figure" span={7}>{newest ? <Unknown service={newest} /> : <Skeleton lines={3} />}</Card>
      </div>
      {newest && newest.by_flags.failures.length > 0 && <Card title="Flags that were turned off" note="because of what they did to customers; their deployments failed by nothing else"><TurnedOff service={newest} /></Card>}
      <Card title="Trend" note="windows of the same length, the newest last">
        <Table label="Figures by window" columns={columnsFor(told, ends)} rows={newest && FIGURES} rowKey={(figure) => figure.name} skeletonRows={FIGURES.length} />
      </Card>
      {service && <Counted service={service} window={windows.at(-1)!} filter={filter} setFilter={setFilter} />}
    </>
  );
}

const columnsFor = (told: (DoraService | undefined)[], ends: string[]): Column<Figure>[] => [
  { name: "Figure", narrow: "lead", cell: (figure) => figure.name },
  ...ends.map((end, i): Column<Figure> => ({ name: end, num: true, narrow: "named", cell: (figure) => wordsOf(figure, told[i]) })),
];

function TurnedOff({ service }: { service: DoraService }) {
  return <Table label="Flags that were turned off" columns={TURNED_OFF} rows={service.by_flags.failures} rowKey={(f) => `${f.deployment}-${f.flag}`} empty={<p>None.</p>} />;
}

type FlagFailure = DoraService["by_flags"]["failures"][number];

const TURNED_OFF: Column<FlagFailure>[] = [
  { name: "Flag", narrow: "lead", nowrap: true, cell: (f) => <Link href={`/flags/${encodeURIComponent(f.flag)}`}><code>{f.flag}</code></Link> },
  { name: "Why", narrow: "whole", cell: (f) => <><Said text={f.why} /> <span className="small muted">{f.who}</span></> },
  { name: "Deployment", narrow: "named", num: true, cell: (f) => <Link href={`/deployments/${f.deployment}`}>{f.deployment}</Link> },
  { name: "Customers had it for", narrow: "named", num: true, nowrap: true, cell: (f) => duration((Date.parse(f.off) - Date.parse(f.since)) / 1000) },
  { name: "Turned off", narrow: "named", num: true, nowrap: true, cell: (f) => <Ago at={f.off} /> },
];

function Trend({ data }: { data: Periods }) {
  return <Drawn draw={useDrawing(data, periods)} height={PERIODS_HEIGHT} />;
}

function Parts({ service: { lead_time: l } }: { service: DoraService }) {
  const parts: [string, number | null | undefined][] = [["Commit to trunk", l.commit_to_trunk_seconds], ["Trunk to verified", l.trunk_to_verified_seconds], ["Verified to live", l.verified_to_live_seconds]];
  return <dl className="facts">{parts.map(([name, seconds]) => <div key={name} style={{ display: "contents" }}><dt>{name}</dt><dd>{typeof seconds === "number" ? duration(seconds) : <span className="muted">not known</span>}</dd></div>)}</dl>;
}

function Unknown({ service }: { service: DoraService }) {
  const watched = `${service.days === 1 ? "1 day of the window was" : `${Math.round(service.days * 10) / 10} days of the window were`} watched`;
  return (
    <div className="stack">
      {service.unknown.length === 0 ? <p className="empty">Nothing: all that is counted is known.</p> : <ul className="list">{service.unknown.map((text) => <li key={text}><span className="ink-warn"><Icon name="question" size={16} /></span><div><Said text={sentence(text)} /></div></li>)}</ul>}
      <p className="small muted">{watched}</p>
    </div>
  );
}

/** The deployments behind the figures. */
function Counted({ service, window, filter, setFilter }: { service: string; window: Window; filter: string; setFilter: (q: string) => void }) {
  const query = useDeployments(service);
  const loaded = query.data?.pages.flatMap((page) => page.items);
  const all = loaded?.filter((d) => isCounted(d, window));
  const rows = all?.filter((d) => deploymentMatches(d, filter));
  return (
    <>
      <Filter value={filter} onChange={setFilter} examples={["phase:live", "phase:rolled_back"]} label="Filter deployments" placeholder="phase:rolled_back commit:3f9c2ab or words of the subject" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={loaded !== undefined} />}
      {!(query.isError && !loaded) && (
        <Card title="Deployments they are counted from" note={all && `${counted(all.length, "version")} that had customers${query.hasNextPage ? ", of those that are loaded" : ""}`}>
          <Table label="Counted deployments" columns={COLUMNS} rows={rows} rowKey={(d) => d.number} empty={<p>{filter === "" ? "No version began to have customers in this time." : "No deployment matches."}</p>} />
          <More query={query} />
        </Card>
      )}
    </>
  );
}

const COLUMNS: Column<DeploymentItem>[] = [
  { name: "Deployment", narrow: "lead", width: "46%", cell: (d) => <><Link href={`/deployments/${d.number}`} data-row>{d.service} {d.number}</Link> <Link href={`/changes/${d.commit}`}><code>{short(d.commit)}</code></Link> <span className="small muted">{d.subject}</span></> },
  { name: "State", nowrap: true, cell: (d) => <State state={d.state} /> },
  { name: "Why", narrow: "whole", cell: (d) => (d.reason ? <span className="small muted"><Said text={d.reason} /></span> : none) },
  { name: "Began", num: true, narrow: "named", cell: (d) => <Ago at={d.started} /> },
];
