import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { Icon } from "../look/Icon";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { count } from "../look/words";
import { EVENTS_SHOWN, useEvents, useRejections } from "./api";
import { EventList } from "./EventList";
import { Rejected } from "./Rejected";

const EXAMPLES = ["source:edge", "source:posthog_v0", "source:segment", "source:otlp", "aside:synthetic"];

/** What customers do, as it comes in, and what was refused. */
export function EventsPage({ part }: { part: "events" | "rejections" }) {
  const rejections = useRejections();
  const refused = rejections.data?.counts.reduce((sum, each) => sum + each.count, 0) ?? 0;
  return (
    <>
      <PageHead title={part === "events" ? "Events" : "Events: rejected"} meta="What customers do, as it comes in; what was refused, and why." />
      <nav className="tabs" aria-label="Events">
        <Link href="/events" aria-current={part === "events" ? "page" : undefined}>Live</Link>
        <Link href="/events/rejections" aria-current={part === "rejections" ? "page" : undefined}>Rejected{refused > 0 ? ` ${count(refused)}` : ""}</Link>
      </nav>
      {part === "events" ? <Live /> : <Rejected query={rejections} />}
      <Commands commands={[`curl -H "Authorization: Bearer $TRUNKLINE_TOKEN" "$TRUNKLINE_SERVER/api/v1/events${part === "events" ? `?limit=${EVENTS_SHOWN}` : "/rejections"}"`, ...(part === "events" ? ["trunkline event import FILE.ndjson"] : [])]} />
    </>
  );
}

function Live() {
  const [params, setParams] = useSearchParams();
  const [isPaused, setPaused] = useState(false);
  const filter = params.get("q") ?? "";
  const query = useEvents(filter, isPaused);
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  const items = query.data?.items;
  const pause = (
    <button type="button" className="text-button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
      <Icon name={isPaused ? "play" : "pause"} size={12} /> {isPaused ? "Go on" : "Pause"}
    </button>
  );
  return (
    <>
      <Filter value={filter} onChange={setFilter} examples={EXAMPLES} label="Filter events" placeholder="person:visitor-1 source:edge or a part of the name" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={items !== undefined} />}
      {!(query.isError && !items) && (
        <Card title={filter ? `Events that match ${filter}` : "Newest events"} note={<>{isPaused ? "paused" : "every second"} {pause}</>}>
          {items ? <EventList items={items} empty={<Empty filter={filter} clear={() => setFilter("")} />} /> : <Skeleton lines={8} />}
        </Card>
      )}
    </>
  );
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>No event yet. Page views come by themselves; <code>trunkline init</code> prints the lines that send more from any PostHog, Segment or OpenTelemetry SDK.</p>;
  return <p>No event matches. Keys are <code>event</code>, <code>person</code>, <code>source</code> and <code>aside</code>. <button type="button" className="text-button" onClick={clear}>Show all</button></p>;
}
