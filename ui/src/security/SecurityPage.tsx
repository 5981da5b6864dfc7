import type { ReactNode } from "react";
import { useSearchParams } from "wouter";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { Skeleton } from "../look/Loading";
import { ProblemNotice, sentence } from "../look/Notice";
import { none, Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { count } from "../look/words";
import { Coverage } from "./Coverage";
import { useFindings } from "./api";
import { FindingTable } from "./FindingTable";
import type { FindingPage } from "./shapes";
import { COUNTED, domainsOf, inOrder, findingMatches, severityState, standing, type DomainRow } from "./words";

const EXAMPLES = ["state:open", "due:overdue", "state:closed", "severity:critical", "severity:high"];

/** What is known against what customers have, whose it is, and what is not known. */
export function SecurityPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const query = useFindings();
  const page = query.data;
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  return (
    <>
      <PageHead title="Security" meta="Vulnerabilities in what customers have, found again whenever an advisory comes in." />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={page !== undefined} />}
      {!(query.isError && !page) && (
        <>
          <Answer page={page} />
          <Filter value={filter} onChange={setFilter} examples={EXAMPLES} label="Filter findings" placeholder="state:open severity:high domain:sales service:shop or words" />
          <Findings page={page} filter={filter} clear={() => setFilter("")} />
          <Card title="By domain" note="open findings"><Domains page={page} choose={(domain) => setFilter(`state:open domain:${domain}`)} /></Card>
          <Card title="What is not known" note="unknown is never reported as fine"><Coverage gaps={page?.unknown} /></Card>
        </>
      )}
      <Commands commands={["trunkline finding list", "trunkline advisory status"]} />
    </>
  );
}

function Answer({ page }: { page: FindingPage | undefined }) {
  if (!page) return <div className="verdict"><Skeleton lines={1} /></div>;
  const { state, text } = standing(page);
  return (
    <div className={`verdict ${state.kind}`}>
      <State state={state} />
      <p>{text}</p>
      <small>{sentence(page.advisories.sentence)}</small>
    </div>
  );
}

function Findings({ page, filter, clear }: { page: FindingPage | undefined; filter: string; clear: () => void }) {
  const rows = page && inOrder(page.items.filter((finding) => findingMatches(finding, filter)));
  return (
    <Card title={filter ? `Findings that match ${filter}` : "All findings"} note="age counts from the first customer; due from when it was known, by severity">
      <FindingTable rows={rows} empty={<Empty isKnown={(page?.advisories.count ?? 0) > 0} filter={filter} clear={clear} />} />
    </Card>
  );
}

function Empty({ isKnown, filter, clear }: { isKnown: boolean; filter: string; clear: () => void }) {
  if (filter !== "") {
    return (
      <p>
        No finding matches. Keys are <code>state</code>, <code>severity</code>, <code>due</code>, <code>domain</code>, <code>service</code>, <code>package</code> and <code>flag</code>; other words are looked for in advisory and package.{" "}
        <button type="button" className="text-button" onClick={clear}>Show all</button>
      </p>
    );
  }
  if (!isKnown) return <p>Nothing can be found: there are no advisories. <code>trunkline advisory import FOLDER</code> takes them from files in the OSV format, <code>trunkline up --advisory-mirror URL</code> fetches them on a schedule.</p>;
  return <p>None, now or before. Every advisory that comes in is held against what is live: <code>trunkline advisory import FOLDER</code>.</p>;
}

function Domains({ page, choose }: { page: FindingPage | undefined; choose: (domain: string) => void }) {
  const rows = page && domainsOf(page.items);
  // Those of which there are any, so that there is room for the names.
  const severities = COUNTED.filter((severity) => rows?.some((row) => row.bySeverity[severity]));
  const columns: Column<DomainRow>[] = [
    { name: "Domain", narrow: "lead", nowrap: true, cell: (row) => <button type="button" className="row-button" onClick={() => choose(row.domain)}>{row.domain}</button> },
    ...severities.map((severity) => ({ name: severityState(severity).word, num: true, narrow: "named" as const, cell: (row: DomainRow): ReactNode => (row.bySeverity[severity] ? count(row.bySeverity[severity]) : none) })),
    { name: "Overdue", num: true, narrow: "named", cell: (row) => (row.overdue > 0 ? <State state={{ kind: "bad", word: count(row.overdue) }} /> : none) },
    { name: "Oldest", num: true, narrow: "named", cell: (row) => <Ago at={row.oldest} /> },
  ];
  return <Table label="Open findings by domain" columns={columns} rows={rows} rowKey={(row) => row.domain} empty={<p><Said text={page?.advisories.count === 0 ? "Nobody can tell without advisories." : "No domain has an open finding."} /></p>} />;
}
