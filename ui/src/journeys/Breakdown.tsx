import { Link } from "wouter";
import { armColour, share, wilson } from "../charts/arms";
import { Drawn } from "../look/Drawn";
import { none } from "../look/Said";
import { Table, type Column } from "../look/Table";
import { count, duration } from "../look/words";
import { bar } from "./bar";
import type { Group, Report } from "./shapes";
import { armsOf, conversion } from "./words";

/** Every value with its figures; those that are drawn have their colour. */
export function Breakdown({ report, by }: { report: Report; by: string }) {
  const drawn = armsOf(report);
  const colour = (group: Group) => {
    const place = drawn.findIndex((arm) => arm.steps === group.steps);
    return place < 0 ? "line-strong" : armColour(place, drawn.length);
  };
  const last = report.steps.at(-1)?.name ?? "Converted";
  const columns: Column<Group>[] = [
    { name: by.startsWith("variant:") ? "Variant" : by === "release" ? "Release" : by, narrow: "lead", cell: (a) => <Value by={by} group={a} /> },
    { name: "Entered", num: true, narrow: "named", cell: (a) => count(a.steps[0]?.persons ?? 0) },
    { name: last, num: true, narrow: "named", cell: (a) => count(a.steps.at(-1)?.persons ?? 0) },
    { name: "Share", narrow: "whole", width: "34%", cell: (a) => <Drawn height={20} draw={(width) => bar(conversion(a.steps), colour(a), width, `${a.value ?? "not known"}: ${share(conversion(a.steps))}`)} /> },
    { name: "95 % interval", num: true, narrow: "named", cell: intervalOf },
    { name: "Pending", num: true, narrow: "named", cell: (a) => count(a.pending_persons) },
    { name: "Half within", num: true, narrow: "named", cell: (a) => { const time = a.steps.at(-1)?.seconds_from_previous; return time ? duration(time.p50) : none; } },
  ];
  return (
    <div className="stack">
      <Table label="Breakdown" columns={columns} rows={report.breakdown} rowKey={(a) => `${a.value ?? "not known"}${a.is_rest ? " rest" : ""}`} empty={<p>Nothing to tell apart: no event of this journey could be joined to it.</p>} />
      {by === "release" && <p className="small muted">Releases that ran one after the other are not randomised: their persons may differ. Where a canary ran, both took part at the same time.</p>}
    </div>
  );
}

function intervalOf(arm: Group): string {
  const { lower, upper } = wilson(arm.steps.at(-1)?.persons ?? 0, arm.steps[0]?.persons ?? 0);
  return (arm.steps[0]?.persons ?? 0) === 0 ? "nobody" : `${share(lower)} to ${share(upper)}`;
}

function Value({ by, group: { value, is_rest } }: { by: string; group: Group }) {
  if (value === null || value === undefined) return <span className="muted">not known</span>;
  if (is_rest) return <span className="muted">all others</span>;
  return by === "release" && /^\d+$/.test(value) ? <Link href={`/deployments/${value}`}>{value}</Link> : <>{value}</>;
}
