import { useSearchParams } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { Skeleton } from "../look/Loading";
import { More } from "../look/More";
import { ProblemNotice } from "../look/Notice";
import { counted } from "../look/words";
import { useFeedback } from "./api";
import { SaidList } from "./SaidList";
import { Surveys } from "./Surveys";
import { listCommand } from "./words";
import { WriteDown } from "./WriteDown";

const EXAMPLES = ["journey:checkout", "channel:mail"];

/** What customers said, newest first; the filter is part of the address. */
export function FeedbackPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const query = useFeedback(filter);
  const first = query.data?.pages[0];
  const rows = query.data?.pages.flatMap((page) => page.items);
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  return (
    <>
      <PageHead title="Feedback" meta="What customers said, joined to what they saw and did." actions={<WriteDown />} />
      <Filter value={filter} onChange={setFilter} examples={examplesFor(rows?.flatMap(({ tags }) => tags) ?? [])} label="Search feedback" placeholder="words, journey:checkout flag:one-address variant:on change:3f9c2ab release:6 tag:price" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={rows !== undefined} />}
      {!(query.isError && !rows) && (
        <Card title={filter ? `Feedback that matches ${filter}` : "All feedback"} note={query.isPlaceholderData ? "searching" : first && counted(first.total, "voice")}>
          {rows === undefined && <Skeleton lines={6} />}
          {rows?.length === 0 && <div className="empty"><Empty filter={filter} clear={() => setFilter("")} /></div>}
          {rows && rows.length > 0 && <SaidList rows={rows} />}
          {first?.older_unread && <p className="small ink-warn">There is more than is looked at in one go: the oldest is neither counted nor shown.</p>}
          <More query={query} />
        </Card>
      )}
      <Surveys />
      <Commands commands={[listCommand(filter), "trunkline feedback surveys"]} />
    </>
  );
}

/** The tags that are used most are worth a click. */
function examplesFor(tags: string[]): string[] {
  const used = [...new Set(tags)].map((tag) => [tag, tags.filter((one) => one === tag).length] as const);
  return [...EXAMPLES, ...used.sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, 4).map(([tag]) => `tag:${tag}`)];
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>Nobody said anything yet. A survey in <code>surveys/</code> asks customers, <code>trunkline feedback import FILE</code> takes what they said elsewhere, and the button above writes one down.</p>;
  return (
    <p>
      Nothing matches. Keys are <code>journey</code>, <code>flag</code>, <code>variant</code>, <code>change</code>, <code>domain</code>, <code>release</code>, <code>survey</code>, <code>tag</code>, <code>person</code> and <code>channel</code>; other words are looked for in what was said.{" "}
      <button type="button" className="text-button" onClick={clear}>Show all</button>
    </p>
  );
}
