import { Link, useSearchParams } from "wouter";
import { More } from "../look/More";
import { ProblemNotice } from "../look/Notice";
import { none } from "../look/Said";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { duration } from "../look/words";
import { usePersons } from "./api";
import type { Outcome, PersonRow, Report } from "./shapes";
import type { Range } from "./words";

const OUTCOMES: { outcome: Outcome; word: string; title: string }[] = [
  { outcome: "converted", word: "Came to", title: "came to this step" },
  { outcome: "dropped", word: "Dropped before", title: "came to the step before and not to this one, and the window is over" },
  { outcome: "pending", word: "Pending", title: "may still come to it: the window is not over" },
];

/** Who came to a step, who did not, who may still. */
export function Persons({ name, report, range }: { name: string; report: Report; range: Range }) {
  const [params, setParams] = useSearchParams();
  const steps = report.steps.length;
  const wanted = Number(params.get("step") ?? steps);
  const step = Number.isInteger(wanted) && wanted >= 1 && wanted <= steps ? wanted : steps;
  const outcome = OUTCOMES.find((o) => o.outcome === params.get("outcome"))?.outcome ?? "dropped";
  const query = usePersons(name, range, step, outcome);
  const rows = query.data?.pages.flatMap((page) => page.items);
  const set = (key: string, value: string) => setParams((now) => { const next = new URLSearchParams(now); next.set(key, value); return next; }, { replace: true });
  return (
    <>
      <div className="controls" role="group" aria-label="Which persons">
        <fieldset className="switch">
          <legend>Outcome</legend>
          {OUTCOMES.map((o) => <button key={o.outcome} type="button" title={`Persons who ${o.title}`} aria-pressed={o.outcome === outcome} onClick={() => set("outcome", o.outcome)}>{o.word}</button>)}
        </fieldset>
        <label className="choice"><span>Step</span><select value={step} onChange={(event) => set("step", event.target.value)}>{report.steps.map((s, i) => <option key={s.name} value={i + 1}>{i + 1} · {s.name}</option>)}</select></label>
      </div>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={rows !== undefined} />}
      {!(query.isError && !rows) && <Table label="Persons" columns={columnsFor(report)} rows={rows} rowKey={(p) => `${p.person}-${p.entered_at}`} empty={<p>Nobody {OUTCOMES.find((o) => o.outcome === outcome)?.title}.</p>} />}
      <More query={query} word="Show more" />
    </>
  );
}

const columnsFor = (report: Report): Column<PersonRow>[] => [
  { name: "Person", narrow: "lead", width: "38%", cell: (p) => <Link href={`/persons/${encodeURIComponent(p.person)}`} data-row><code>{p.person}</code></Link> },
  { name: "Entered", narrow: "named", nowrap: true, cell: (p) => <Ago at={p.entered_at} /> },
  { name: "Came as far as", narrow: "named", cell: (p) => report.steps[p.steps_done - 1]?.name ?? none },
  { name: "There", narrow: "named", nowrap: true, cell: (p) => (p.times.length > 1 ? <Ago at={p.times.at(-1) ?? p.entered_at} /> : none) },
  { name: "Took", num: true, narrow: "named", cell: (p) => (p.times.length > 1 ? duration((Date.parse(p.times.at(-1) ?? "") - Date.parse(p.entered_at)) / 1000) : none) },
];
