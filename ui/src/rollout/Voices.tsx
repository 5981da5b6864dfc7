import { Link } from "wouter";
import type { Lineage } from "../api/shapes";
import { filterPath, passedWords, scoreWords } from "../feedback/words";
import { Card } from "../look/Card";
import { Icon } from "../look/Icon";
import { Ago } from "../look/Time";

type Said = NonNullable<Lineage["feedback"]>[number];

/** What customers said who saw the change: those with a variant of its flags, and those with its deployment. */
export function Voices({ change }: { change: Lineage }) {
  const { feedback, flags, sha } = change;
  return (
    <Card title="What customers said" note={feedback && feedback.length > 0 ? <Link href={filterPath(`change:${sha}`)}>all of it</Link> : "of those who saw it"}>
      {!feedback && <p className="empty">Not known yet.</p>}
      {feedback?.length === 0 && <p className="empty">Nobody who saw it said anything yet.</p>}
      {feedback && feedback.length > 0 && <ul className="list">{feedback.map((said) => <Line key={said.id} said={said} flags={flags ?? []} />)}</ul>}
    </Card>
  );
}

function Line({ said, flags }: { said: Said; flags: string[] }) {
  const variants = flags.flatMap((flag) => (said.variants[flag] ? [`${flag} “${said.variants[flag]}”`] : []));
  const about = [scoreWords(said) && `rated ${scoreWords(said)}`, ...variants, said.release && `had deployment ${said.release}`, ...said.journeys.map((one) => `${one.journey}: ${passedWords(one)}`)];
  return (
    <li>
      <span className="muted"><Icon name="voice" size={16} /></span>
      <div><q>{said.text}</q><div className="small muted">{about.filter(Boolean).join(" · ")}</div></div>
      <span className="small muted"><Ago at={said.at} /></span>
    </li>
  );
}
