import { Link } from "wouter";
import { armColour, share } from "../charts/arms";
import { Chart, Legend, Twin } from "../charts/Chart";
import { dropped, funnel, funnelHeight, reached, type Funnel } from "../charts/funnel";
import { histogram, HISTOGRAM_HEIGHT, withinWords, type Bin } from "../charts/histogram";
import { spread, spreadHeight, type SpreadRow } from "../charts/spread";
import { momentWord, trend, trendSentence, TREND_HEIGHT, type Trend } from "../charts/trend";
import { useDrawing } from "../look/Drawn";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { count, counted, duration } from "../look/words";
import { useMarks, useTrend } from "./api";
import type { Report } from "./shapes";
import { armsOf, funnelOf, marksOf, markWords, spreadOf, trendBy, type Range, type Who } from "./words";

function ArmLegend({ report }: { report: Report }) {
  const arms = armsOf(report);
  if (arms.length < 2) return null;
  const more = report.breakdown.length - arms.length;
  const names = arms.map((arm, i) => ({ name: arm.value, colour: armColour(i, arms.length) }));
  return (
    <>
      <Legend arms={names} />
      {more > 0 && <p className="small muted">and {counted(more, "more value", "more values")} in the table below</p>}
    </>
  );
}

export function FunnelChart({ report }: { report: Report }) {
  const data = funnelOf(report);
  const draw = useDrawing(data, funnel);
  if (data.steps[0]?.persons.every((n) => n === 0)) return <p className="empty">Nobody entered in this time.</p>;
  return (
    <>
      <Chart draw={draw} height={funnelHeight(data)} twin={<FunnelTwin data={data} report={report} />} />
      <ArmLegend report={report} />
    </>
  );
}

function FunnelTwin({ data, report }: { data: Funnel; report: Report }) {
  const arms = armsOf(report);
  const rows = arms.flatMap((arm, a) =>
    data.steps.map((step, i) => {
      const time = arm.steps[i]?.seconds_from_previous;
      const name = arms.length > 1 ? `${step.name}, ${arm.value}` : step.name;
      return [name, count(step.persons[a] ?? 0), share(reached(data, i, a)), i === 0 ? "" : share(dropped(data, i, a)), time ? duration(time.p50) : "", time ? duration(time.p90) : "", time ? duration(time.p99) : ""];
    }),
  );
  return <Twin label="Funnel as a table" head={["Step", "Persons", "Of entered", "Dropped here", "Half within", "9 of 10", "99 of 100"]} rows={rows} />;
}

const drawSpread = ({ rows, arms }: { rows: SpreadRow[]; arms: string[] }, width: number) => spread(rows, arms, width);

export function SpreadChart({ report }: { report: Report }) {
  const data = spreadOf(report);
  const draw = useDrawing(data, drawSpread);
  if (data.rows.every((row) => row.arms.every((q) => q === null))) return <p className="empty">Nobody came to a second step in this time.</p>;
  const rows = data.rows.flatMap((row) => row.arms.map((q, i) => [data.arms.length > 1 ? `${row.name}, ${data.arms[i] ?? ""}` : row.name, ...(q ? [duration(q.p50), duration(q.p90), duration(q.p99)] : ["", "", ""])]));
  return (
    <>
      <Chart draw={draw} height={spreadHeight(data.rows, data.arms.length)} twin={<Twin label="Times as a table" head={["Step", "Half within", "9 of 10", "99 of 100"]} rows={rows} />} />
      <p className="small muted">The dot is half of the persons, the band ends at 9 of 10, the line at 99 of 100.</p>
    </>
  );
}

/** How long the whole journey took those who went it to its end. */
export function TimeToConvert({ bins }: { bins: Bin[] }) {
  const draw = useDrawing(bins, histogram);
  if (bins.length === 0) return <p className="empty">Nobody went it to its end in this time.</p>;
  return <Chart draw={draw} height={HISTOGRAM_HEIGHT} twin={<Twin label="Time to convert as a table" head={["Within", "Persons"]} rows={bins.map((b) => [withinWords(b), count(b.persons)])} />} />;
}

export function JourneyTrend({ name, range, who, what }: { name: string; range: Range; who: Who; what: string }) {
  const query = useTrend(name, range, who);
  const asked = useMarks(range);
  const marks = asked.data?.items ?? [];
  const by = trendBy(range);
  const data: Trend = { points: query.data?.items ?? [], marks: marksOf(marks), by, what };
  const draw = useDrawing(data, trend);
  if (query.isError && !query.data) return <ProblemNotice error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <div style={{ minHeight: TREND_HEIGHT }}><Skeleton lines={3} /></div>;
  if (data.points.every((p) => p.entered === 0)) return <p className="empty">Nobody entered in this time.</p>;
  const rows = data.points.map((p) => [momentWord(p.at, by), count(p.entered), count(p.converted), count(p.pending), p.entered > 0 ? share(p.converted / p.entered) : "nobody"]);
  return (
    <>
      <p className="small said-chart">{trendSentence({ ...data, marks: [] })}</p>
      <Chart draw={draw} height={TREND_HEIGHT} twin={<Twin label="Trend as a table" head={[by === "hour" ? "Hour" : "Day", "Entered", "Converted", "Pending", "Share"]} rows={rows} />} />
      {asked.isError && !asked.data && <p className="small muted">What was deployed or changed meanwhile is not known: it is not drawn.</p>}
      {marks.length > 0 && (
        <details className="chart-twin">
          <summary>{counted(marks.length, "mark")}</summary>
          <ul className="bullets">{marks.map((m) => <li key={`${m.at}-${m.label}`}>{momentWord(m.at, "hour")}: <Link href={m.link}>{markWords(m)}</Link></li>)}</ul>
        </details>
      )}
    </>
  );
}
