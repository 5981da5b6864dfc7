import { Card } from "../look/Card";
import { Confirm } from "../look/Confirm";
import { ProblemNotice } from "../look/Notice";
import { none, Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { count, counted } from "../look/words";
import { useRemove, useTargets, useTest } from "./api";
import type { Target } from "./shapes";
import { asksWords, attemptWords, targetState } from "./words";

/** Where messages go, and how that goes. */
export function Targets() {
  const query = useTargets();
  const test = useTest();
  return (
    <>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={query.data !== undefined} />}
      {test.isError && <ProblemNotice error={test.error} />}
      {!(query.isError && !query.data) && (
        <Card title="Targets" note="signed webhooks, sent again until they are taken">
          <Table label="Targets" columns={columnsFor(test)} rows={query.data?.items} rowKey={(t) => t.id} empty={<Empty />} />
        </Card>
      )}
    </>
  );
}

const Empty = () => <p>Nobody is told anything yet. Give an address above, or say <code>trunkline notify add URL</code>: rollbacks, verdicts, findings, held ramps and expiring flags are sent there.</p>;

const columnsFor = (test: ReturnType<typeof useTest>): Column<Target>[] => [
  { name: "Target", narrow: "lead", width: "32%", cell: (t) => <><code>{t.url}</code><div className="small muted">{asksWords(t)}{t.allow_private && ", may be inside your network"}</div></> },
  { name: "State", nowrap: true, cell: (t) => <State state={targetState(t)} /> },
  { name: "Last attempt", narrow: "named", cell: (t) => (t.last ? <><Said text={attemptWords(t.last)} /> <span className="small muted"><Ago at={t.last.begun} /></span></> : none) },
  { name: "Waiting", num: true, narrow: "named", cell: (t) => t.waiting > 0 && count(t.waiting) },
  { name: "Given up", num: true, narrow: "named", cell: (t) => t.given_up > 0 && count(t.given_up) },
  {
    name: "Change", num: true, width: "150px", narrow: "whole",
    cell: (t) => (
      <span className="buttons-inline">
        <button type="button" className="text-button" disabled={test.isPending} onClick={() => test.mutate(t.id)}>{test.isPending && test.variables === t.id ? "Sending" : "Send a test"}</button>
        <Remove target={t} />
      </span>
    ),
  },
];

function Remove({ target }: { target: Target }) {
  const remove = useRemove();
  return (
    <Confirm word="Remove" className="text-button danger" kind="danger" title={`Remove ${target.url}`} sure="Remove" perform={() => remove.mutateAsync(target.id)}>
      <ul className="bullets">
        <li>Nothing more is sent there; {target.waiting > 0 ? `${counted(target.waiting, "message")} that still ${target.waiting === 1 ? "waits is" : "wait are"} given up` : "nothing waits"}.</li>
        <li>What was sent stays in the log. The target can be added anew, with another secret.</li>
      </ul>
      <p className="small muted">Same: <code>trunkline notify remove {target.id}</code></p>
    </Confirm>
  );
}
