import { useState } from "react";
import { Link } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Confirm, typed } from "../look/Confirm";
import { Skeleton } from "../look/Loading";
import { Notice, ProblemNotice } from "../look/Notice";
import { State } from "../look/State";
import { Ago } from "../look/Time";
import { count, counted } from "../look/words";
import { exportHref, useDeletePerson, useEvents, usePerson } from "./api";
import { EventList } from "./EventList";
import type { Deletion, PersonView } from "./shapes";
import { deletionWords, term } from "./words";

/** One person: what they did, which ids are theirs, what they were shown; their right to have it and to have it gone. */
export function PersonPage({ id }: { id: string }) {
  const query = usePerson(id);
  const [deletion, setDeletion] = useState<Deletion>();
  const person = query.data;
  return (
    <>
      <PageHead
        title={`Person ${id}`}
        crumbs={<><Link href="/events">Events</Link><span aria-hidden="true">/</span><code>{id}</code></>}
        meta={person ? <Meta person={person} /> : query.isError ? undefined : <span className="skeleton" style={{ width: 220 }} />}
        actions={person && <><a className="button" href={exportHref(id)} download={`${id}.ndjson`}>Export</a><DeletePerson person={person} done={setDeletion} /></>}
      />
      {deletion && <Notice kind={deletion.done ? "good" : "warn"}>{deletionWords(deletion)}.</Notice>}
      {query.isError && !deletion && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={person !== undefined} />}
      {person ? <Inside person={person} /> : !query.isError && <Card title="Events"><Skeleton lines={6} /></Card>}
      <Commands commands={[`trunkline person export ${id}`, `trunkline person delete ${id}`]} />
    </>
  );
}

function Meta({ person }: { person: PersonView }) {
  return (
    <>
      <State state={person.witnessed ? { kind: "good", word: "Witnessed" } : { kind: "plain", word: "Not witnessed" }} />
      <span>{person.witnessed ? "the edge has seen this person itself" : "only events tell of this person"}</span>
      {person.first_at && <span>first seen <Ago at={person.first_at} /></span>}
      {person.last_at && <span>last seen <Ago at={person.last_at} /></span>}
      <span>{counted(person.events, "event")}</span>
    </>
  );
}

const SHOWN = 100;

function Inside({ person }: { person: PersonView }) {
  const events = useEvents(term("person", person.id), false, SHOWN);
  const flags = Object.entries(person.flags);
  return (
    <>
      <div className="grid">
        <Card title="Ids" note="one person, whatever they are called" span={6}>
          <ul className="bullets">{person.ids.map((id) => <li key={id}><code>{id}</code>{id === person.id && <span className="small muted"> stays</span>}</li>)}</ul>
        </Card>
        <Card title="Shown variants" note="the newest exposure of each flag" span={6}>
          {flags.length === 0 ? <p className="empty">None: no flag was evaluated for this person.</p> : <dl className="facts">{flags.map(([flag, variant]) => <div key={flag} style={{ display: "contents" }}><dt><Link href={`/flags/${encodeURIComponent(flag)}`}>{flag}</Link></dt><dd><strong>{variant}</strong></dd></div>)}</dl>}
        </Card>
      </div>
      <Card title="Events" note={person.events > SHOWN ? `the newest ${SHOWN} of ${count(person.events)}` : "newest first"}>
        {events.isError && <ProblemNotice error={events.error} retry={() => void events.refetch()} kept={events.data !== undefined} />}
        {events.data ? <EventList items={events.data.items} withPerson={false} empty={<p>None.</p>} /> : !events.isError && <Skeleton lines={4} />}
      </Card>
    </>
  );
}

function DeletePerson({ person, done }: { person: PersonView; done: (deletion: Deletion) => void }) {
  const remove = useDeletePerson(person.id);
  const perform = async (values: FormData) => {
    if (typed(values, "id") !== person.id) throw new Error(`type ${person.id} to delete this person`);
    done(await remove.mutateAsync());
  };
  return (
    <Confirm word="Delete" kind="danger" title={`Delete ${person.id}`} sure="Delete for ever" perform={perform}>
      <ul className="bullets">
        <li>{counted(person.events, "event")}, {counted(person.ids.length, "id")} and {counted(Object.keys(person.flags).length, "exposure")} go from the log and from every segment: the bytes are gone.</li>
        <li>Figures of journeys and features change, also those of the past.</li>
        <li>It cannot be undone. Export it first if it is still needed.</li>
        <li>Who comes again with the same id is a new person.</li>
      </ul>
      <label className="field"><span>Type the id of the person to be sure</span><input type="text" name="id" required autoComplete="off" spellCheck={false} /></label>
    </Confirm>
  );
}
