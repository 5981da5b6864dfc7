import { Link, useSearchParams } from "wouter";
import type { DeploymentItem } from "../api/shapes";
import { PageHead } from "../app/PageHead";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Filter } from "../look/Filter";
import { More } from "../look/More";
import { ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago, Lasted } from "../look/Time";
import { percent, short } from "../look/words";
import { useDeployments } from "./api";
import { deploymentMatches, serviceOf } from "./filter";

const EXAMPLES = ["phase:live", "phase:canary", "phase:rolled_back", "phase:failed"];

/** Every deployment, newest first. */
export function DeploymentsPage() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("q") ?? "";
  const query = useDeployments(serviceOf(filter) ?? "");
  const loaded = query.data?.pages.flatMap((page) => page.items);
  const rows = loaded?.filter((d) => deploymentMatches(d, filter));
  const setFilter = (q: string) => setParams(q === "" ? {} : { q }, { replace: true });
  const note = filter !== "" && loaded && query.hasNextPage ? `${rows?.length ?? 0} of the newest ${loaded.length}` : undefined;
  return (
    <>
      <PageHead title="Deployments" meta="Every version that was put before customers, newest first." />
      <Filter value={filter} onChange={setFilter} examples={EXAMPLES} label="Filter deployments" placeholder="service:shop phase:live commit:3f9c2ab or words of the subject" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={loaded !== undefined} />}
      {!(query.isError && !loaded) && (
        <Card title={filter ? `Deployments that match ${filter}` : "All deployments"} note={note}>
          <Table label="Deployments" columns={COLUMNS} rows={rows} rowKey={(d) => d.number} skeletonRows={8} empty={<Empty filter={filter} clear={() => setFilter("")} />} />
          <More query={query} />
        </Card>
      )}
      <Commands commands={["trunkline deploy history"]} />
    </>
  );
}

function Empty({ filter, clear }: { filter: string; clear: () => void }) {
  if (filter === "") return <p>Nothing was deployed yet. The first change that passes its checks is: <code>git push</code>.</p>;
  return (
    <p>
      No deployment matches. Keys are <code>service</code>, <code>phase</code> and <code>commit</code>; other words are looked for in the subject.{" "}
      <button type="button" className="text-button" onClick={clear}>Show all</button>
    </p>
  );
}

const COLUMNS: Column<DeploymentItem>[] = [
  {
    name: "Deployment",
    narrow: "lead",
    width: "42%",
    cell: (d) => (
      <>
        <Link href={`/deployments/${d.number}`} data-row>{d.service} {d.number}</Link>
        <div className="small"><Link href={`/changes/${d.commit}`}><code>{short(d.commit)}</code></Link> <span className="muted">{d.subject}</span></div>
      </>
    ),
  },
  {
    name: "State",
    cell: (d) => (
      <>
        <State state={d.state} />
        {d.reason && <div className="small muted"><Said text={d.reason} /></div>}
      </>
    ),
  },
  { name: "Visitors", num: true, narrow: "named", cell: (d) => (d.weight > 0 ? percent(d.weight) : <span className="muted">none</span>) },
  { name: "Live for", num: true, narrow: "named", cell: (d) => (d.live_at ? <Lasted from={d.live_at} to={d.ended} /> : <span className="muted">never</span>) },
  { name: "Began", num: true, narrow: "named", cell: (d) => <Ago at={d.started} /> },
];
