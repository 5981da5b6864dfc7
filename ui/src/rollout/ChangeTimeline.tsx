import { useCallback } from "react";
import { Chart } from "../charts/Chart";
import { timeline, type Timeline } from "../charts/timeline";
import { absolute, duration } from "../look/words";

/** The picture and its table. */
export function ChangeTimeline({ data }: { data: Timeline }) {
  const draw = useCallback((width: number) => timeline(data, width), [data]);
  return <Chart draw={draw} height={data.lanes.length * 34 + 26} twin={<Twin data={data} />} />;
}

function Twin({ data }: { data: Timeline }) {
  const rows = data.lanes.flatMap((lane) => [
    ...lane.marks.map((m) => ({ lane: lane.name, what: m.label, from: m.at, to: m.at as string | null })),
    ...lane.spans.map((s) => ({ lane: lane.name, what: s.label, from: s.from, to: s.to ?? null })),
  ]);
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Timeline as a table">
      <table>
        <thead><tr><th scope="col">Lane</th><th scope="col">What</th><th scope="col">From</th><th scope="col" className="num">For</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.lane}-${row.what}-${row.from}`}>
              <td>{row.lane}</td>
              <td>{row.what}</td>
              <td className="nowrap">{absolute(row.from)}</td>
              <td className="num">{row.to === null ? "goes on" : row.to === row.from ? "" : duration((Date.parse(row.to) - Date.parse(row.from)) / 1000)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
