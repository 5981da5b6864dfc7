import type { ReactNode } from "react";
import { Link } from "wouter";
import { Card } from "../look/Card";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { Ago } from "../look/Time";
import { counted } from "../look/words";
import { useNewest } from "./api";
import type { Said } from "./shapes";
import { filterPath, passedWords, scoreWords } from "./words";

interface Props {
  title: string;
  filter: string;
  /** Said of whom they are by the page that shows them. */
  flag?: string;
  journey?: string;
  /** Below the list: narrower ones. */
  children?: ReactNode;
}

/** The newest of what was said about something, on its own page, with the way to all of it. */
export function FeedbackShort({ title, filter, flag, journey, children }: Props) {
  const query = useNewest(filter);
  const page = query.data;
  return (
    <Card title={title} note={page && page.total > 0 ? <Link href={filterPath(filter)}>all {counted(page.total, "voice")}</Link> : undefined}>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={page !== undefined} />}
      {!page && !query.isError && <Skeleton lines={3} />}
      {page?.items.length === 0 && <p className="empty">Nobody said anything about it yet.</p>}
      {page && page.items.length > 0 && <ul className="list" aria-label={title}>{page.items.map((said) => <Line key={said.id} said={said} flag={flag} journey={journey} />)}</ul>}
      {page && page.items.length > 0 && children}
    </Card>
  );
}

function Line({ said, flag, journey }: { said: Said; flag: string | undefined; journey: string | undefined }) {
  const passed = said.journeys.find((one) => one.journey === journey);
  const about = [scoreWords(said) && `rated ${scoreWords(said)}`, flag && (said.variants[flag] ? `had “${said.variants[flag]}”` : undefined), passed && passedWords(passed)].filter(Boolean);
  return (
    <li className="flag-line">
      <div><q>{said.text}</q>{about.length > 0 && <div className="small muted">{about.join(" · ")}</div>}</div>
      <span className="small muted"><Ago at={said.at} /></span>
    </li>
  );
}
