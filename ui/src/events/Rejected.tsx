import type { UseQueryResult } from "@tanstack/react-query";
import { Card } from "../look/Card";
import { Notice, ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { count, counted } from "../look/words";
import type { Rejection, Rejections } from "./shapes";
import { codeWord, sourceWord } from "./words";

/** What was not taken, why, and what it looked like. */
export function Rejected({ query }: { query: UseQueryResult<Rejections> }) {
  const data = query.data;
  const unreadable = data?.unreadable ?? 0;
  return (
    <>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={data !== undefined} />}
      {unreadable > 0 && <Notice kind="warn">{counted(unreadable, "record of the log", "records of the log")} cannot be read by this release. They are kept, counted here, and in no figure.</Notice>}
      {!(query.isError && !data) && (
        <>
          <Card title="Why" note="since this log began"><Table label="Reasons" columns={REASONS} rows={data?.counts} rowKey={(c) => c.code} empty={<p>Nothing was refused: every event that came was taken.</p>} /></Card>
          <Card title="Newest rejections" note="nothing else was stopped by them"><Table label="Rejections" columns={COLUMNS} rows={data?.items} rowKey={(r) => `${r.at}-${r.code}-${r.excerpt}`} empty={<p>None.</p>} /></Card>
        </>
      )}
    </>
  );
}

const REASONS: Column<{ code: string; count: number }>[] = [
  { name: "Reason", narrow: "title", cell: (c) => codeWord(c.code) },
  { name: "Code", narrow: "title", cell: (c) => <code className="small">{c.code}</code> },
  { name: "Events", num: true, cell: (c) => count(c.count) },
];

const COLUMNS: Column<Rejection>[] = [
  { name: "When", nowrap: true, cell: (r) => <Ago at={r.at} /> },
  { name: "From", cell: (r) => sourceWord(r.source) },
  { name: "Why", narrow: "whole", width: "36%", cell: (r) => <Said text={r.reason} /> },
  { name: "What came", narrow: "whole", width: "36%", cell: (r) => <code className="small">{r.excerpt}</code> },
];
