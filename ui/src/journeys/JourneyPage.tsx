import { Link, useSearchParams } from "wouter";
import { share } from "../charts/arms";
import { PageHead } from "../app/PageHead";
import { FeedbackShort } from "../feedback/FeedbackShort";
import { term } from "../feedback/words";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { count, counted, duration } from "../look/words";
import { useJourney, useReport } from "./api";
import { Breakdown } from "./Breakdown";
import { Controls } from "./Controls";
import { FunnelChart, JourneyTrend, SpreadChart, TimeToConvert } from "./JourneyCharts";
import { Persons } from "./Persons";
import type { JourneyView, Report } from "./shapes";
import { byWords, capital, conversion, leftOut, orderWords, rangeOf, reportCommand, reportSentence, worstStep, type Range, type Who } from "./words";

/** One journey: how many arrive, how long it takes, where they drop off; everything it is asked for is in the address. */
export function JourneyPage({ name }: { name: string }) {
  const [params, setParams] = useSearchParams();
  const range = rangeOf(params);
  const by = params.get("by") ?? "";
  const who: Who = params.get("who") === "witnessed" ? "witnessed" : "everyone";
  const journey = useJourney(name);
  const query = useReport(name, range, by, who);
  const report = query.data;
  const set = (next: Record<string, string>) => setParams((now) => changed(now, next), { replace: true });
  return (
    <>
      <PageHead
        title={name}
        crumbs={<><Link href="/journeys">Journeys</Link><span aria-hidden="true">/</span>{name}</>}
        meta={journey.data ? <Meta journey={journey.data} report={report} /> : <span className="skeleton" style={{ width: 220 }} />}
      />
      <Controls params={params} by={by} who={who} set={set} />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={report !== undefined} />}
      {report ? <Inside name={name} report={report} range={range} by={by} who={who} within={journey.data && duration(journey.data.within_seconds)} isStale={query.isPlaceholderData} /> : !query.isError && <Waiting />}
      <Commands commands={[reportCommand(name, range, by, who)]} />
    </>
  );
}

function changed(now: URLSearchParams, next: Record<string, string>): URLSearchParams {
  const after = new URLSearchParams(now);
  for (const [key, value] of Object.entries(next)) {
    if (value === "") after.delete(key);
    else after.set(key, value);
  }
  return after;
}

function Meta({ journey, report }: { journey: JourneyView; report: Report | undefined }) {
  const last = report?.steps.at(-1);
  return (
    <>
      {report && last && (report.steps[0]?.persons ?? 0) > 0 && <strong>{share(conversion(report.steps))} {last.name}</strong>}
      {journey.domain && <span>{journey.domain} domain</span>}
      <span>within {duration(journey.within_seconds)}</span>
      <span>{orderWords(journey.order)}</span>
      {journey.stage === "dark" && <State state={{ kind: "dark", word: "Dark: its deployment is not live" }} />}
      {journey.retired && <State state={{ kind: "warn", word: "Trunk has it no more" }} />}
      {journey.probe ? <span>a probe walks it before customers do</span> : <span>no probe</span>}
    </>
  );
}

interface Props { name: string; report: Report; range: Range; by: string; who: Who; within: string | undefined; isStale: boolean }

function Inside({ name, report, range, by, who, within, isStale }: Props) {
  const worst = worstStep(report);
  const last = report.steps.at(-1);
  return (
    <>
      <div className="verdict" aria-busy={isStale || undefined}>
        <State state={isStale ? { kind: "busy", word: "Asking" } : { kind: "plain", word: "Measured" }} />
        <p><Said text={reportSentence(report)} /></p>
        {worst && <small>{worst}</small>}
      </div>
      <div className="grid">
        <Card title="Where customers drop off" note={enteredNote(report)} span={7}><FunnelChart report={report} /></Card>
        <Card title={`Time from ${report.steps[0]?.name} to ${last?.name}`} note="of those who converted" span={5}><TimeToConvert bins={report.histogram ?? []} /></Card>
      </div>
      <Card title={`${capital(last?.name ?? "converted")}, by time of entry`} note="with its 95 % interval; deployments and flag changes marked"><JourneyTrend name={name} range={range} who={who} what={capital(last?.name ?? "converted")} /></Card>
      {report.steps.length > 1 && <Card title="Time to each step" note="from the step before, of those who came there"><SpreadChart report={report} /></Card>}
      {by !== "" && <Card title={`By ${byWords(by)}`} note="side by side"><Breakdown report={report} by={by} /></Card>}
      <Card title="Persons" note="who is behind the figures"><Persons name={name} report={report} range={range} /></Card>
      <FeedbackShort title="What customers said" filter={term("journey", name)} journey={name} />
      <Card title="What these figures leave out" note="unknown is never reported as fine">
        <ul className="bullets">{leftOut(report, who, within).map((line) => <li key={line}>{line}.</li>)}</ul>
      </Card>
    </>
  );
}

function enteredNote(report: Report): string {
  const entered = counted(report.steps[0]?.persons ?? 0, "person entered", "persons entered");
  return report.pending_persons > 0 ? `${entered}, ${count(report.pending_persons)} still within the window` : `${entered}, nobody is pending`;
}

function Waiting() {
  return (
    <>
      <div className="verdict"><Skeleton lines={1} /></div>
      <div className="grid">
        <Card title="Where customers drop off" span={7}><Skeleton lines={6} /></Card>
        <Card title="Time to convert" span={5}><Skeleton lines={4} /></Card>
      </div>
      <Card title="By time of entry"><div style={{ minHeight: 220 }}><Skeleton lines={3} /></div></Card>
    </>
  );
}
