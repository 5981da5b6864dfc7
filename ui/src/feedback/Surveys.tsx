import { Link } from "wouter";
import { Card } from "../look/Card";
import { ProblemNotice } from "../look/Notice";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { useSurveys } from "./api";
import type { Survey } from "./shapes";
import { answeredWords, filterPath, surveyState, term } from "./words";

/** What is asked, of whom, and how many answered. */
export function Surveys() {
  const query = useSurveys();
  if (query.isError && !query.data) return <ProblemNotice error={query.error} retry={() => void query.refetch()} />;
  return (
    <Card title="Surveys" note="shown by posthog-js; they count as no exposure">
      <Table label="Surveys" columns={COLUMNS} rows={query.data?.items} rowKey={(s) => s.survey} empty={<p>Nothing is asked. A file in <code>surveys/</code> of the repository asks customers, for example at a step of a journey.</p>} />
    </Card>
  );
}

const COLUMNS: Column<Survey>[] = [
  { name: "Survey", narrow: "lead", width: "38%", cell: (s) => <><Link href={filterPath(term("survey", s.survey))}><code>{s.survey}</code></Link><div className="small muted">{s.questions[0]}</div></> },
  { name: "State", nowrap: true, cell: (s) => <State state={surveyState(s)} /> },
  { name: "Of whom", narrow: "whole", cell: (s) => <Whom survey={s} /> },
  { name: "Answers", num: true, narrow: "named", cell: (s) => answeredWords(s) },
];

function Whom({ survey: { journey, step, flag, variant, url } }: { survey: Survey }) {
  if (journey) return <>who is in <Link href={`/journeys/${encodeURIComponent(journey)}`}>{journey}</Link>{step && ` at ${step}`}</>;
  if (flag) return <>who has <Link href={`/flags/${encodeURIComponent(flag)}`}><code>{flag}</code></Link> {variant}</>;
  return url ? <>who is on <code>{url}</code></> : <span className="muted">everybody</span>;
}
