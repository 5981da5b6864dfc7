import { useSearchParams } from "wouter";
import { PageHead } from "../app/PageHead";
import { sparkline } from "../charts/sparkline";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { Icon } from "../look/Icon";
import { ProblemNotice } from "../look/Notice";
import { Table, type Column } from "../look/Table";
import { count } from "../look/words";
import { useFeatures } from "./api";
import type { Feature } from "./shapes";
import { Suggestions } from "./Suggestions";
import { featureMatches, featureName, smallShare, trendWord } from "./words";

const DAYS = [7, 28, 90];
const EXAMPLES = ["trend:rising", "trend:falling", "trend:new", "trend:gone"];

/** Which features customers use, how often, and whether it grows. */
export function FeaturesPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const days = DAYS.find((d) => String(d) === params.get("days")) ?? 28;
  const query = useFeatures(days);
  const rows = query.data?.items.filter((f) => featureMatches(f, filter));
  const set = (next: Record<string, string>) => setParams(Object.fromEntries(Object.entries({ q: filter, days: String(days), ...next }).filter(([key, v]) => v !== "" && !(key === "days" && v === "28"))), { replace: true });
  return (
    <>
      <PageHead
        title="Features"
        meta="What customers use: every event is a feature, and so is every page."
        actions={<label className="choice"><span>Over</span><select value={days} onChange={(event) => set({ days: event.target.value })}>{DAYS.map((d) => <option key={d} value={d}>the last {d} days</option>)}</select></label>}
      />
      <Filter value={filter} onChange={(q) => set({ q })} examples={EXAMPLES} label="Filter features" placeholder='trend:rising event:"order placed" or words of the event' />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={rows !== undefined} />}
      {!(query.isError && !rows) && (
        <Card title={filter ? `Features that match ${filter}` : "All features"} note="rising and falling: the second half of the days against the first">
          <Table label="Features" columns={columnsFor(days)} rows={rows} rowKey={featureName} skeletonRows={6} empty={<Empty filter={filter} clear={() => set({ q: "" })} />} />
        </Card>
      )}
      <Suggestions />
      <Commands commands={[`trunkline feature report --days ${days}`]} />
    </>
  );
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>No event yet. Page views come by themselves as soon as somebody visits the product; <code>trunkline init</code> prints the lines that send more.</p>;
  return <p>No feature matches. Keys are <code>trend</code> and <code>event</code>. <button type="button" className="text-button" onClick={clear}>Show all</button></p>;
}

const columnsFor = (days: number): Column<Feature>[] => [
  { name: "Event", narrow: "lead", width: "30%", cell: (f) => <><strong>{f.event}</strong>{f.page && <div className="small muted"><code>{f.page}</code></div>}</> },
  { name: "Persons", num: true, narrow: "named", cell: (f) => count(f.persons) },
  { name: "Of active", num: true, narrow: "named", cell: (f) => smallShare(f.share_of_active) },
  { name: "Per person", num: true, narrow: "named", cell: (f) => f.per_person.toFixed(1) },
  { name: "Events", num: true, narrow: "named", cell: (f) => count(f.events) },
  { name: `Persons by day, ${days} days`, narrow: "title", cell: (f) => <Spark feature={f} /> },
  { name: "Trend", nowrap: true, cell: (f) => <Trend trend={f.trend} /> },
];

/** A line as long as a word; the row's figures and its title are its table. */
function Spark({ feature }: { feature: Feature }) {
  const values = feature.by_day.map((d) => d.persons);
  const title = feature.by_day.slice(-7).map((d) => `${d.day}: ${count(d.persons)}`).join("\n");
  return <span className="spark" title={title} dangerouslySetInnerHTML={{ __html: sparkline(values, `Persons with ${featureName(feature)}`) }} />;
}

function Trend({ trend }: { trend: string }) {
  const { icon, word, kind } = trendWord(trend);
  return <span className={`trend ink-${kind}`}><Icon name={icon} /> {word}</span>;
}
