import { Link, useSearchParams } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { Skeleton } from "../look/Loading";
import { ProblemNotice, sentence } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { termsOf } from "../look/terms";
import { count, counted, short } from "../look/words";
import { useDomains } from "./api";
import type { DomainItem, DomainsView, Unowned } from "./shapes";
import { Tabs } from "./Tabs";
import { countsState, domainMatches, domainsSentence, domainsState, list, ownsWords, unownedMatches, unownedWords } from "./words";

const EXAMPLES = ["team:nobody", "kind:path", "kind:table", "kind:flag"];
/** So many are listed of what nobody owns; the filter finds the others. */
const UNOWNED_SHOWN = 50;

/** Who owns what, and what nobody owns; the filter is part of the address. */
export function DomainsPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const query = useDomains();
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  return (
    <>
      <PageHead title="Domains" meta="One relation for code and data, flags and journeys: who answers for what." />
      <Tabs here="Domains" />
      <Filter value={filter} onChange={setFilter} examples={EXAMPLES} label="Filter domains and what they own" placeholder="team:payments table:orders flag:one-address or words of a name or path" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={query.data !== undefined} />}
      {query.data ? <Inside view={query.data} filter={filter} clear={() => setFilter("")} /> : !query.isError && <Waiting />}
      <Commands commands={["trunkline own map"]} />
    </>
  );
}

interface Props { view: DomainsView; filter: string; clear: () => void }

function Inside({ view, filter, clear }: Props) {
  const state = domainsState(view);
  // A kind is of what nobody owns: the domains would only be in its way.
  const isOfNobody = termsOf(filter).some(({ key }) => key === "kind");
  const unowned = view.unowned.filter((thing) => unownedMatches(thing, filter));
  const largest = Math.max(1, ...view.items.map(({ files }) => files));
  return (
    <>
      <div className={`verdict ${state.kind}`}>
        <State state={state} />
        <p>{domainsSentence(view)}</p>
        {view.commit && <small>As of trunk at <Link href={`/changes/${view.commit}`}><code>{short(view.commit)}</code></Link></small>}
      </div>
      <Gaps view={view} />
      {!isOfNobody && <Card title={filter ? `Domains that match ${filter}` : "All domains"} note="files, and what else belongs to it">
        <Table label="Domains" columns={columnsFor(largest)} rows={view.items.filter((domain) => domainMatches(domain, filter))} rowKey={(d) => d.name} empty={<Empty filter={filter} clear={clear} />} />
      </Card>}
      {view.unowned_count > 0 && (isOfNobody || unowned.length > 0) && <Nobodys rows={unowned} left={filter === "" ? view.unowned_count - unowned.length : 0} />}
    </>
  );
}

/** What the figures leave out: unknown is never reported as fine. */
function Gaps({ view }: { view: DomainsView }) {
  const { problems, unread, other_repositories: others } = view;
  if (problems.length + unread.length + others.length === 0) return null;
  return (
    <Card title="What is not known" note="what these files say does not count above">
      <ul className="bullets">
        {problems.map((problem) => <li key={`${problem.file} ${problem.line} ${problem.detail}`}>{problem.file && <code>{problem.file}{problem.line != null && `:${problem.line}`} </code>}<Said text={sentence(problem.detail)} />{problem.hint && <span className="small muted"> <Said text={sentence(problem.hint)} /></span>}</li>)}
        {unread.length > 0 && <li>{counted(unread.length, "file was", "files were")} not read, too long or no text: {list(unread.slice(0, 5))}{unread.length > 5 && " and others"}.</li>}
        {others.length > 0 && <li>Other repositories have their own: {list(others)}.</li>}
      </ul>
    </Card>
  );
}

/** `left` of it are not among the rows: the server lists no more. */
function Nobodys({ rows, left }: { rows: Unowned[]; left: number }) {
  const hidden = Math.max(0, rows.length - UNOWNED_SHOWN) + left;
  return (
    <Card title="Nobody owns" note={unownedWords(rows)}>
      <Table label="What nobody owns" columns={UNOWNED} rows={rows.slice(0, UNOWNED_SHOWN)} rowKey={(u) => `${u.kind} ${u.name}`} empty={<p>Nothing of it matches. Kinds are <code>path</code>, <code>table</code>, <code>event</code>, <code>flag</code>, <code>journey</code>, <code>experiment</code> and <code>survey</code>.</p>} />
      {hidden > 0 && <p className="small muted below-list">{counted(hidden, "more is", "more are")} not listed: filter by <code>kind:</code> or by words of the path.</p>}
      <p className="small muted below-list">A path gets an owner in <code>CODEOWNERS</code>, anything else in <code>catalog-info.yaml</code>.</p>
    </Card>
  );
}

const UNOWNED: Column<Unowned>[] = [
  { name: "Kind", width: "90px", cell: (u) => u.kind },
  { name: "Name", narrow: "title", cell: (u) => (u.kind === "flag" || u.kind === "journey" || u.kind === "experiment" ? <Link href={`/${u.kind}s/${encodeURIComponent(u.name)}`}><code>{u.name}</code></Link> : <code>{u.name}</code>) },
];

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>No domain yet. Declare domains and their teams in <code>catalog-info.yaml</code> and paths in <code>CODEOWNERS</code> of the repository, and <code>git push</code>. <code>trunkline own map</code> shows the same before you do.</p>;
  return (
    <p>
      No domain matches. Keys are <code>team</code>, <code>person</code>, <code>table</code>, <code>event</code>, <code>flag</code>, <code>journey</code>, <code>experiment</code> and <code>survey</code>; <code>kind</code> is for what nobody owns.{" "}
      <button type="button" className="text-button" onClick={clear}>Show all</button>
    </p>
  );
}

const columnsFor = (largest: number): Column<DomainItem>[] => [
  {
    name: "Domain", narrow: "lead", width: "19%",
    cell: (d) => (
      <>
        <Link href={`/domains/${encodeURIComponent(d.name)}`} data-row>{d.name}</Link>
        <div className="small muted">{d.team ?? <span className="ink-warn">no team</span>}{!d.declared && " · not in the catalog"}</div>
      </>
    ),
  },
  { name: "Who answers", narrow: "named", width: "17%", cell: (d) => (d.people.length > 0 ? list(d.people) : <span className="muted">nobody is known</span>) },
  { name: "Files", narrow: "named", width: "17%", cell: (d) => <Size files={d.files} largest={largest} /> },
  { name: "Owns also", narrow: "whole", cell: (d) => ownsWords(d) || <span className="muted">files alone</span> },
  { name: "Violations", nowrap: true, cell: (d) => <State state={countsState(d.violations)} /> },
  { name: "Waivers", num: true, narrow: "named", cell: (d) => (d.waivers_asked > 0 ? <Link href={`/waivers?q=${encodeURIComponent(`state:asked domain:${d.name}`)}`}>{counted(d.waivers_asked, "waits", "wait")}</Link> : <span className="none">–</span>) },
];

/** The figure beside it is what it says. */
function Size({ files, largest }: { files: number; largest: number }) {
  return <span className="size"><span className="bar" style={{ width: `${Math.max(2, (files / largest) * 100)}%` }} /><span>{count(files)}</span></span>;
}

function Waiting() {
  return (
    <>
      <div className="verdict"><Skeleton lines={1} /></div>
      <Card title="All domains"><Skeleton lines={6} /></Card>
    </>
  );
}
