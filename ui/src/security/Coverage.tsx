import { Link } from "wouter";
import { Icon } from "../look/Icon";
import { Skeleton } from "../look/Loading";
import { ProblemNotice, sentence } from "../look/Notice";
import { Said } from "../look/Said";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { count, counted } from "../look/words";
import { useAdvisories } from "./api";
import type { Advisories, Gap } from "./shapes";
import { doubts, gapPlace } from "./words";

const GAPS_SHOWN = 20;

/** What of the live product nobody could judge, and what the advisories may lack. */
export function Coverage({ gaps }: { gaps: Gap[] | undefined }) {
  const query = useAdvisories();
  const feed = query.data;
  if (!gaps || (!feed && !query.isError)) return <Skeleton lines={4} />;
  const told = feed ? doubts(feed) : [];
  return (
    <div className="stack">
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={feed !== undefined} />}
      {gaps.length + told.length > 0 ? <Unknown gaps={gaps} told={told} /> : feed && feed.count > 0 && <p className="empty">Nothing: every part of what is live was read and judged.</p>}
      {feed?.count === 0 && <p className="empty">Everything: there are no advisories to judge by.</p>}
      {feed && <Feed feed={feed} />}
    </div>
  );
}

function Unknown({ gaps, told }: { gaps: Gap[]; told: string[] }) {
  return (
    <ul className="list">
      {told.map((text) => <li key={text}><Question /><div><Said text={sentence(text)} /></div></li>)}
      {gaps.slice(0, GAPS_SHOWN).map((gap) => (
        <li key={`${gap.deployment}-${gap.path ?? ""}-${gap.reason}`}>
          <Question />
          <div><Link href={`/deployments/${gap.deployment}`}>{gapPlace(gap)}</Link><div className="small muted"><Said text={gap.reason} /></div></div>
        </li>
      ))}
      {gaps.length > GAPS_SHOWN && <li><Question /><div className="muted">and {counted(gaps.length - GAPS_SHOWN, "more part", "more parts")}</div></li>}
    </ul>
  );
}

const Question = () => <span className="ink-warn"><Icon name="question" size={16} /></span>;

/** What is known of each ecosystem. */
function Feed({ feed }: { feed: Advisories }) {
  return (
    <div className="below">
      <p className="small muted">{feed.imported_at ? <>The oldest feed was brought up to date <Ago at={feed.imported_at} /></> : "Never brought up to date"}{feed.mirror ? <> from <code>{feed.mirror}</code></> : "; no mirror is followed"}</p>
      {feed.ecosystems.length > 0 && <Table label="Advisories by ecosystem" columns={FEEDS} rows={feed.ecosystems} rowKey={(e) => e.ecosystem} />}
      {feed.quarantine.length > 0 && (
        <details className="small">
          <summary>{counted(feed.quarantined, "document")} kept aside</summary>
          <ul className="bullets">{feed.quarantine.map((one) => <li key={`${one.source}-${one.path}`}><code>{one.path}</code> {one.reason}</li>)}</ul>
        </details>
      )}
    </div>
  );
}

function Renewed({ feed }: { feed: Advisories["ecosystems"][number] }) {
  const ago = feed.renewed_at ? <Ago at={feed.renewed_at} /> : <span>no feed</span>;
  return feed.state === "fresh" ? ago : <span className="ink-warn"><Icon name="question" size={14} /> {ago}</span>;
}

const FEEDS: Column<Advisories["ecosystems"][number]>[] = [
  { name: "Ecosystem", narrow: "title", cell: (e) => e.ecosystem },
  { name: "Advisories", num: true, narrow: "named", cell: (e) => count(e.advisories) },
  { name: "Up to date", num: true, narrow: "named", cell: (e) => <Renewed feed={e} /> },
  { name: "Newest", num: true, narrow: "named", cell: (e) => (e.newest_modified ? <Ago at={e.newest_modified} /> : <span className="muted">not known</span>) },
];
