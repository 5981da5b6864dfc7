import { Link } from "wouter";
import { Chart } from "../charts/Chart";
import { timeline, type Timeline } from "../charts/timeline";
import { useDrawing } from "../look/Drawn";
import { Said } from "../look/Said";
import { absolute, counted, duration } from "../look/words";

/** The picture and its table. */
export function ChangeTimeline({ data }: { data: Timeline }) {
  const draw = useDrawing(data, timeline);
  return <Chart draw={draw} height={data.lanes.length * 34 + 26} twin={<Twin data={data} />} />;
}

function Twin({ data }: { data: Timeline }) {
  const rows = data.lanes
    .flatMap((lane) => [
      ...lane.marks.map((m) => ({ ...m, lane: lane.name, from: m.at, to: m.at as string | null })),
      ...lane.spans.map((s) => ({ ...s, lane: lane.name, to: s.to ?? null })),
    ])
    .sort((a, b) => Date.parse(a.from) - Date.parse(b.from));
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Timeline as a table">
      <table>
        <thead><tr><th scope="col">From</th><th scope="col">Lane</th><th scope="col">What</th><th scope="col" className="num">For</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.lane}-${row.label}-${row.from}`}>
              <td className="nowrap">{absolute(row.from)}</td>
              <td>{row.lane}</td>
              <td>{row.link ? <Link href={row.link}>{row.label}</Link> : row.label}{row.detail && <div className="small muted"><Said text={row.detail} /></div>}</td>
              <td className="num">{row.to === null ? "goes on" : row.to === row.from ? "" : duration((Date.parse(row.to) - Date.parse(row.from)) / 1000)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {data.left_out !== undefined && data.left_out > 0 && <p className="small muted">{counted(data.left_out, "thing")} more: each lane shows its newest.</p>}
    </div>
  );
}
