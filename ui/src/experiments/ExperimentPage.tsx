import { Link } from "wouter";
import { PageHead } from "../app/PageHead";
import { Chart, Twin } from "../charts/Chart";
import { effectHeight, forest, type Effect } from "../charts/forest";
import { sequence, SEQUENCE_HEIGHT, sequenceSentence, type Sequence } from "../charts/sequence";
import { momentWord } from "../charts/trend";
import { marksOf } from "../journeys/words";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { useDrawing } from "../look/Drawn";
import { Skeleton } from "../look/Loading";
import { Notice, ProblemNotice } from "../look/Notice";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { count, counted, percent } from "../look/words";
import { useExperiment, useLooks, useMarksSince } from "./api";
import { ExperimentActions } from "./ExperimentActions";
import type { ExperimentView, Metric } from "./shapes";
import { EarlierRuns } from "./EarlierRuns";
import { absoluteWords, answerOf, decisionState, diagnostics, effectsOf, experimentState, leftWords, lengthWords, meanWords, metricState, relativeWords, sequenceOf } from "./words";

/** One experiment: whether its arms can be compared, what they show, and what follows. */
export function ExperimentPage({ name }: { name: string }) {
  const query = useExperiment(name);
  const view = query.data;
  return (
    <>
      <PageHead
        title={name}
        crumbs={<><Link href="/experiments">Experiments</Link><span aria-hidden="true">/</span><code>{name}</code></>}
        meta={view ? <Meta view={view} /> : <span className="skeleton" style={{ width: 220 }} />}
        actions={view && <ExperimentActions view={view} />}
      />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={view !== undefined} />}
      {view ? <Inside view={view} /> : !query.isError && <Waiting />}
      <Commands commands={[`trunkline experiment show ${name}`]} />
    </>
  );
}

function Meta({ view }: { view: ExperimentView }) {
  return (
    <>
      <State state={experimentState(view)} />
      <span>owner {view.owner}</span>
      <span>flag <Link href={`/flags/${encodeURIComponent(view.flag)}`}><code>{view.flag}</code></Link></span>
      {view.started && <span>began <Ago at={view.started} /></span>}
      {view.state === "running" && typeof view.days_left === "number" && <span>{leftWords(view.days_left)}</span>}
      {view.earlier.length > 0 && <span>run {view.run}</span>}
      {view.looks > 0 && <span>looked at {counted(view.looks, "time")}</span>}
    </>
  );
}

function Inside({ view }: { view: ExperimentView }) {
  const state = view.verdict ? decisionState(view.verdict.decision) : experimentState(view);
  return (
    <>
      {view.trouble && <Notice kind="warn"><p>It cannot be looked at; what is shown is from before: {view.trouble}</p></Notice>}
      {view.is_outdated && <Notice kind="warn"><p>Trunk declares it otherwise by now. What runs stays as it was when it began; the new definition counts when it is started anew.</p></Notice>}
      <div className={`verdict ${state.kind}`}>
        <State state={state} />
        <p>{answerOf(view)}</p>
        <small>{view.hypothesis}</small>
      </div>
      {view.state !== "draft" && <Seen view={view} />}
      <Card title="Definition" note={<code>{view.file}</code>}><Facts definition={view.definition as Record<string, unknown>} /></Card>
    </>
  );
}

/** What was counted, once somebody is. */
function Seen({ view }: { view: ExperimentView }) {
  return (
    <>
      <Card title="Whether the arms can be compared" note="looked at before any result">
        <dl className="facts">{diagnostics(view).map((line) => <div key={line.text} style={{ display: "contents" }}><dt><State state={line.state} /></dt><dd>{line.text}</dd></div>)}</dl>
      </Card>
      <Card title="Metrics" note="of persons who were followed to their end">
        <Table label="Metrics" columns={COLUMNS} rows={view.metrics} rowKey={(m) => m.name} empty={<NoFigures view={view} />} />
      </Card>
      <div className="grid">
        <Card title="Relative lift" note="with intervals that hold at any look" span={5}><Lifts view={view} /></Card>
        <Looks view={view} />
      </div>
      <EarlierRuns view={view} />
    </>
  );
}

const COLUMNS: Column<Metric>[] = [
  { name: "Metric", narrow: "lead", cell: (m) => <><code>{m.name}</code> <span className="small muted">{m.role}</span></> },
  { name: "State", nowrap: true, cell: (m) => <State state={metricState(m)} /> },
  { name: "Control", num: true, narrow: "named", cell: (m) => meanWords(m, m.control.mean) },
  { name: "Treatment", num: true, narrow: "named", cell: (m) => meanWords(m, m.treatment.mean) },
  { name: "Difference", num: true, narrow: "named", cell: (m) => absoluteWords(m) },
  { name: "Relative", num: true, narrow: "named", cell: (m) => relativeWords(m) },
];

const drawLifts = (effects: Effect[], width: number) => forest(effects, width, " %");

const NoFigures = ({ view: { arms } }: { view: ExperimentView }) => <p>{arms.some((arm) => arm.followed > 0) ? "None: what its arms did cannot be compared." : "Not known yet: nobody was followed to their end."}</p>;

function Lifts({ view }: { view: ExperimentView }) {
  const { metrics } = view;
  const effects = effectsOf(metrics);
  const draw = useDrawing(effects, drawLifts);
  if (metrics.length === 0) return <div className="empty"><NoFigures view={view} /></div>;
  if (effects.length === 0) return <p className="empty">No metric has an interval yet: the control cannot be told from zero.</p>;
  const rows = metrics.map((m) => [m.name, relativeWords(m)]);
  return <Chart draw={draw} height={effectHeight(effects)} twin={<Twin label="Relative lift as a table" head={["Metric", "Lift and interval"]} rows={rows} />} />;
}

function Looks({ view }: { view: ExperimentView }) {
  const query = useLooks(view.key);
  const asked = useMarksSince(view.started ?? undefined);
  const told = query.data && sequenceOf(query.data.items);
  const data: Sequence = { name: told?.name ?? "", isShare: told?.isShare ?? true, points: told?.points ?? [], marks: marksOf(asked.data?.items ?? []) };
  const draw = useDrawing(data, sequence);
  return (
    <Card title={told ? `${told.name}, look by look` : "Look by look"} note="treatment less control; deployments and flag changes marked" span={7}>
      {query.isError && !query.data && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {!query.data && !query.isError && <div style={{ minHeight: SEQUENCE_HEIGHT }}><Skeleton lines={3} /></div>}
      {query.data && !told && <p className="empty">It was not looked at yet.</p>}
      {told && (
        <>
          <p className="small said-chart">{sequenceSentence(data)}</p>
          <Chart draw={draw} height={SEQUENCE_HEIGHT} twin={<Twin label="Looks as a table" head={["Look", "At", "Estimate", "Lower", "Upper"]} rows={told.points.map((p) => [p.look, momentWord(p.at, "hour"), ...[p.estimate, p.lower, p.upper].map((v) => (told.isShare ? (v * 100).toFixed(1) : v.toFixed(2)))])} />} />
        </>
      )}
    </Card>
  );
}

const plain = (value: unknown) => (typeof value === "number" ? count(value) : String(value));
const asLength = (value: unknown) => lengthWords(String(value));
const asShare = (value: unknown) => (typeof value === "number" ? percent(value) : String(value));

const FACTS: { key: string; word: string; say: (value: unknown) => string }[] = [
  { key: "within", word: "Each person is followed for", say: asLength },
  { key: "min_duration", word: "Decided after", say: asLength },
  { key: "min_persons", word: "Persons in each arm, at least", say: plain },
  { key: "planned_persons", word: "Persons planned, in both arms", say: plain },
  { key: "share", word: "Share of the treatment", say: asShare },
  { key: "smallest_effect", word: "Smallest effect one wants to see", say: asShare },
  { key: "alpha", word: "Error over all looks and metrics", say: asShare },
];

function Facts({ definition }: { definition: Record<string, unknown> }) {
  const shown = FACTS.filter(({ key }) => definition[key] !== undefined);
  return (
    <dl className="facts">
      {shown.map(({ key, word, say }) => <div key={key} style={{ display: "contents" }}><dt>{word}</dt><dd>{say(definition[key])}</dd></div>)}
    </dl>
  );
}

function Waiting() {
  return (
    <>
      <div className="verdict"><Skeleton lines={1} /></div>
      <Card title="Whether the arms can be compared"><Skeleton lines={4} /></Card>
      <Card title="Metrics"><Skeleton lines={4} /></Card>
    </>
  );
}
