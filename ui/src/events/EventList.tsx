import type { ReactNode } from "react";
import { Link } from "wouter";
import { State } from "../look/State";
import { Ago } from "../look/Time";
import { absolute } from "../look/words";
import type { RecentEvent } from "./shapes";
import { asideWord, propertyDigest, propertyRows, sourceWord } from "./words";

/** Events newest first; each opens to its properties. */
export function EventList({ items, empty, withPerson = true }: { items: RecentEvent[]; empty: ReactNode; withPerson?: boolean }) {
  if (items.length === 0) return <div className="empty">{empty}</div>;
  return (
    <ol className="events" aria-label="Events">
      {items.map((event) => <li key={event.id}><Item event={event} withPerson={withPerson} /></li>)}
    </ol>
  );
}

function Item({ event, withPerson }: { event: RecentEvent; withPerson: boolean }) {
  const aside = asideWord(event);
  return (
    <details>
      <summary data-row>
        <strong>{event.event}</strong>
        {withPerson && <code className="who">{event.person}</code>}
        <span className="digest small muted">{propertyDigest(event.properties)}</span>
        {aside && <span className="aside"><State state={{ kind: "dark", word: event.aside === "synthetic" ? "Probe" : "Bot" }} /></span>}
        <span className="small muted when"><Ago at={event.at} /></span>
      </summary>
      <Detail event={event} aside={aside} />
    </details>
  );
}

function Detail({ event, aside }: { event: RecentEvent; aside: string | undefined }) {
  const flags = Object.entries(event.flags);
  const rows = propertyRows(event.properties);
  return (
    <div className="event-detail">
      <dl className="facts">
        <dt>Person</dt><dd><Link href={`/persons/${encodeURIComponent(event.person)}`}><code>{event.person}</code></Link>{event.distinct_id !== event.person && <span className="small muted"> sent as {event.distinct_id}</span>}</dd>
        <dt>Happened</dt><dd>{absolute(event.at)}</dd>
        <dt>Taken</dt><dd>{absolute(event.received_at)}, from {sourceWord(event.source)}</dd>
        <dt>Release</dt><dd>{typeof event.release === "number" ? <Link href={`/deployments/${event.release}`}>{event.release}</Link> : <span className="muted">not known</span>}</dd>
        {flags.length > 0 && <><dt>Variants</dt><dd>{flags.map(([flag, variant], i) => <span key={flag}>{i > 0 && ", "}<Link href={`/flags/${encodeURIComponent(flag)}`}>{flag}</Link> {variant}</span>)}</dd></>}
        {aside && <><dt>Counts</dt><dd>{aside}</dd></>}
        <dt>Id</dt><dd><code>{event.id}</code></dd>
      </dl>
      <dl className="facts properties" aria-label="Properties">
        {rows.length === 0 && <><dt>Properties</dt><dd className="muted">none</dd></>}
        {rows.map(([name, value]) => <div key={name} style={{ display: "contents" }}><dt><code>{name}</code></dt><dd><code>{value}</code></dd></div>)}
      </dl>
    </div>
  );
}
