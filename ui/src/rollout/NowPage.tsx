import { Link } from "wouter";
import type { Attention, ChangeRow, Now, ServiceStatus } from "../api/shapes";
import { PageHead } from "../app/PageHead";
import { FreezeButton } from "../delivery/Freeze";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { none, Said } from "../look/Said";
import { Mark, State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { finePercent, milliseconds, percent, rate, short } from "../look/words";
import { useNowPage } from "./api";
import { standing } from "./sentence";

/** What is changing for customers this minute, and what needs somebody. */
export function NowPage() {
  const query = useNowPage();
  const now = query.data;
  return (
    <>
      <PageHead title="Now" meta="What is changing for customers this minute, and what needs someone." actions={now && <FreezeButton frozen={now.services.find((s) => s.frozen)?.frozen ?? null} />} />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={now !== undefined} />}
      {(now || !query.isError) && <Inside now={now} />}
      <Commands commands={now?.commands ?? ["trunkline deploy status"]} />
    </>
  );
}

function Inside({ now }: { now: Now | undefined }) {
  return (
    <>
      <Standing now={now} />
      <Figures now={now} />
      <div className="grid">
        <Card title="On their way to customers" note="newest first" span={8}>
          <Table label="Changes on their way to customers" columns={ON_THE_WAY} rows={now?.on_the_way} rowKey={(r) => r.sha} empty={<OnTheWayEmpty now={now} />} />
        </Card>
        <Card title="Needs someone" span={4}>
          {now ? <NeedsSomeone items={now.needs_someone} /> : <Skeleton lines={4} />}
        </Card>
      </div>
      <Card title="Live" note="trunk and production agree unless stated">
        <Table label="Services" columns={SERVICES} rows={now?.services} rowKey={(s) => s.service} skeletonRows={1} empty={<p>No service is known yet. <code>trunkline init</code> writes a <code>trunkline.yaml</code> with one; commit it and it is deployed.</p>} />
      </Card>
    </>
  );
}

function Standing({ now }: { now: Now | undefined }) {
  if (!now) return <div className="verdict"><Skeleton lines={1} /></div>;
  const { state, text, detail } = standing(now);
  return (
    <div className={`verdict ${state.kind}`}>
      <State state={state} />
      <p><Said text={text} /></p>
      {detail && <small>{detail}</small>}
    </div>
  );
}

function Figures({ now }: { now: Now | undefined }) {
  const c = now?.counts;
  const figures: [number | undefined, string, string][] = [
    [c?.on_the_way, c?.on_the_way === 1 ? "change between trunk and customers" : "changes between trunk and customers", now?.services.some((s) => s.candidate) ? "one is rolling out" : "none is rolling out"],
    [c?.needs_someone, c?.needs_someone === 1 ? "thing needs someone" : "things need someone", c?.needs_someone === 0 ? "nobody is waited for" : "listed below with what helps"],
    [c?.held, c?.held === 1 ? "change is held or stopped" : "changes are held or stopped", c?.held === 0 ? "nothing waits behind anything" : "each says why"],
  ];
  return (
    <div className="figures">
      {figures.map(([n, title, note]) => (
        <section className="card" key={title.slice(-12)} aria-label={title}>
          <div className="figure">{n ?? <span className="skeleton" style={{ width: 24, height: 20 }} />}</div>
          <div className="title">{title}</div>
          <div className="small muted">{now ? note : "\u00a0"}</div>
        </section>
      ))}
    </div>
  );
}

const ON_THE_WAY: Column<ChangeRow>[] = [
  {
    name: "Change",
    width: "38%",
    narrow: "lead",
    cell: (row) => (
      <>
        <Link href={`/changes/${row.sha}`} data-row>{row.subject}</Link>
        <div className="small muted"><code>{row.short}</code> · {row.author}</div>
      </>
    ),
  },
  {
    name: "Where it is",
    narrow: "whole",
    cell: (row) => (
      <>
        <State state={row.state} />
        {row.why && <div className="small muted"><Said text={row.why} /></div>}
      </>
    ),
  },
  { name: "Who sees it", narrow: "named", nowrap: true, cell: whoSees },
];

function whoSees(row: ChangeRow) {
  const canary = row.deployments.find((d) => d.phase === "canary" || d.phase === "live");
  if (!canary) return <span className="muted">nobody yet</span>;
  return <Link href={`/deployments/${canary.number}`}>{percent(canary.weight)} of visitors</Link>;
}

function OnTheWayEmpty({ now }: { now: Now | undefined }) {
  if (now?.services.some((s) => s.live)) return <p>Nothing: customers have everything that trunk has. <code>git push</code> puts the next change on its way.</p>;
  return <p>Nothing yet. The first <code>git push</code> to trunk is verified, built and deployed.</p>;
}

function NeedsSomeone({ items }: { items: Attention[] }) {
  if (items.length === 0) return <p className="empty">Nobody. What is bad is rolled back by itself and then shows here.</p>;
  return (
    <ul className="list">
      {items.map((item) => (
        <li key={`${item.kind}-${item.change ?? ""}-${item.deployment ?? ""}-${item.text}`}>
          <Mark kind={item.severity === "bad" ? "bad" : "warn"} />
          <div>
            <Said text={item.text} />
            <div className="small muted meta"><Where item={item} /><Ago at={item.at} /></div>
            <div className="small muted"><Said text={asCommand(item.hint)} /></div>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** A hint that is nothing but a command is one. */
const asCommand = (hint: string) => (/^trunkline [^`]+$/.test(hint) ? `\`${hint}\`` : hint);

/** The pages of what needs someone. */
function Where({ item }: { item: Attention }) {
  return (
    <>
      {item.service && <span>{item.service}</span>}
      {item.deployment && <Link href={`/deployments/${item.deployment}`}>deployment {item.deployment}</Link>}
      {item.change && <Link href={`/changes/${item.change}`}>change <code>{short(item.change)}</code></Link>}
    </>
  );
}

const SERVICES: Column<ServiceStatus>[] = [
  { name: "Service", narrow: "lead", cell: (s) => s.service },
  {
    name: "Version",
    nowrap: true,
    cell: (s) => (s.live ? <><Link href={`/deployments/${s.live.number}`}>{s.live.number}</Link> <Link href={`/changes/${s.live.commit}`}><code>{short(s.live.commit)}</code></Link></> : none),
  },
  { name: "Since", nowrap: true, narrow: "named", cell: (s) => (s.live ? <Ago at={s.live.since} /> : none) },
  { name: "Requests/s", num: true, narrow: "named", cell: (s) => (s.traffic ? rate(s.traffic.requests_per_second) : none) },
  { name: "Failing", num: true, narrow: "named", cell: (s) => (s.traffic?.requests ? finePercent(s.traffic.failing_share) : none) },
  { name: "p99", num: true, narrow: "named", cell: (s) => (s.traffic?.requests ? milliseconds(s.traffic.p99_ms) : none) },
  { name: "On its way", narrow: "named", cell: (s) => (s.candidate ? <Link href={`/deployments/${s.candidate.number}`}>{s.candidate.number}{s.candidate.weight > 0 ? ` at ${percent(s.candidate.weight)}` : ""}</Link> : none) },
  { name: "State", narrow: "whole", cell: (s) => <State state={s.state} /> },
];
