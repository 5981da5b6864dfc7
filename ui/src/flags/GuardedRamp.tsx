import { Link } from "wouter";
import { share } from "../charts/arms";
import { Card } from "../look/Card";
import { Confirm, typed } from "../look/Confirm";
import { Skeleton } from "../look/Loading";
import { Notice, ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { count, counted, percent } from "../look/words";
import { useRamps, useRampVerb, type RampVerb } from "./api";
import { BeginRamp } from "./BeginRamp";
import { differenceWords, evidenceState, goesOn, rampState, stageStates, stepWords } from "./ramps";
import type { Evidence, FlagView, GuardedRamp, RampEvent } from "./shapes";
import { blastWords, canRamp, whatWords } from "./words";

/** The newest guarded ramp of a flag: where it is, what it saw, what it waits for; and how to begin one. */
export function GuardedRamps({ flag }: { flag: FlagView }) {
  const query = useRamps(flag.key);
  const [newest, ...before] = query.data?.items ?? [];
  const mayBegin = query.data !== undefined && canRamp(flag) && !flag.killed && flag.state !== "retiring" && flag.state !== "archived" && !(newest && goesOn(newest));
  if (query.data && !newest && !mayBegin) return null;
  return (
    <Card title="Guarded ramp" note="its share grows by stages while customers do no worse">
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={query.data !== undefined} />}
      {!query.data && !query.isError && <Skeleton lines={3} />}
      <div className="ramp">
        {newest && <Ramp flag={flag} ramp={newest} />}
        {query.data && !newest && <p className="empty">None yet. Without one, whoever ramps it watches it.</p>}
        {mayBegin && <div><BeginRamp flag={flag} isAgain={newest !== undefined} /></div>}
        {before.length > 0 && <Before ramps={before} />}
      </div>
    </Card>
  );
}

function Ramp({ flag, ramp }: { flag: FlagView; ramp: GuardedRamp }) {
  return (
    <>
      <div className="ramp-head">
        <State state={rampState(ramp)} />
        <p><Said text={ramp.sentence} /></p>
        {goesOn(ramp) && <div className="actions"><Verbs flag={flag} ramp={ramp} /></div>}
      </div>
      {ramp.trouble && <Notice kind="warn">It cannot be looked at or moved now: <Said text={ramp.trouble} />. What is shown is from before.</Notice>}
      <Stages ramp={ramp} />
      <p className="small muted">
        Ramp {ramp.number}, <code>{ramp.treatment}</code> against <code>{ramp.control}</code>; {stepWords(ramp)}. Begun by {ramp.by} <Ago at={ramp.began} />{ramp.reason && `: ${ramp.reason}`}.
      </p>
      {ramp.waits_for && !ramp.sentence.includes(ramp.waits_for) && <p><span className="muted">Waits for</span> <Said text={ramp.waits_for} /></p>}
      <Table label="What customers did" columns={columnsFor(ramp)} rows={ramp.evidence} rowKey={(e) => e.journey} empty={<p>Not known yet: customers were not looked at.</p>} />
      {ramp.evidence.some(({ elsewhere }) => elsewhere > 0) && <p className="small muted">In no figure: {ramp.evidence.filter(({ elsewhere }) => elsewhere > 0).map((e) => `${counted(e.elsewhere, "person")} who entered ${e.journey} without having been shown either`).join("; ")}.</p>}
      <details className="chart-twin">
        <summary>what became of it, {counted(ramp.events.length, "event")}</summary>
        <Table label="What became of it" columns={EVENTS} rows={ramp.events} rowKey={(e) => `${e.at} ${e.what}`} />
      </details>
    </>
  );
}

/** Where it is; each stage with its word, because a bar alone would be colour alone. */
function Stages({ ramp }: { ramp: GuardedRamp }) {
  return (
    <ol className="stages" aria-label={`Stages of ramp ${ramp.number}`}>
      {stageStates(ramp).map(({ share, since, state }) => (
        <li key={share} className={`stage-${state.kind}`}>
          <strong>{share}</strong>
          <State state={state} />
          <span className="small muted">{since ? <Ago at={since} /> : " "}</span>
        </li>
      ))}
    </ol>
  );
}

const columnsFor = (ramp: GuardedRamp): Column<Evidence>[] => [
  { name: "Journey", narrow: "lead", width: "15%", cell: (e) => <Link href={`/journeys/${encodeURIComponent(e.journey)}?by=${encodeURIComponent(`variant:${ramp.flag}`)}`}>{e.journey}</Link> },
  { name: "Guard", width: "132px", nowrap: true, cell: (e) => <State state={evidenceState(e)} /> },
  { name: `With ${ramp.control}`, num: true, narrow: "named", cell: (e) => <Came counted={e.control} here={e.stage_control} /> },
  { name: `With ${ramp.treatment}`, num: true, narrow: "named", cell: (e) => <Came counted={e.treatment} here={e.stage_treatment} /> },
  { name: "Difference", num: true, narrow: "named", cell: differenceWords },
  { name: "The day before", num: true, narrow: "named", cell: (e) => <Came counted={e.before} /> },
];

/** How many came through, of how many; and how many of them at this stage. */
function Came({ counted: { persons, came_through: through, rate }, here }: { counted: Evidence["control"]; here?: number }) {
  if (rate == null) return <span className="muted">nobody yet</span>;
  return <>{share(rate)} <div className="small muted">{count(through)} of {count(persons)} came through{here !== undefined && <><br />{count(here)} at this stage</>}</div></>;
}

const EVENTS: Column<RampEvent>[] = [
  { name: "When", nowrap: true, cell: (e) => <Ago at={e.at} /> },
  { name: "What", cell: (e) => whatWords(e.what.replace(/^ramp\./, "")) },
  { name: "Who", cell: (e) => e.who },
  { name: "Why", narrow: "whole", width: "52%", cell: (e) => <span className="muted"><Said text={e.why} /></span> },
];

interface VerbsProps { flag: FlagView; ramp: GuardedRamp }

function Verbs({ flag, ramp }: VerbsProps) {
  return (
    <>
      {ramp.state === "holding" ? <Say flag={flag} ramp={ramp} verb="resume" /> : <Say flag={flag} ramp={ramp} verb="pause" />}
      <Say flag={flag} ramp={ramp} verb="cancel" />
    </>
  );
}

const WORDS: Record<RampVerb, { word: string; sure: string; says: (ramp: GuardedRamp) => string; undo: (flag: string) => string }> = {
  pause: { word: "Pause", sure: "Pause", says: () => "It stays at this share until somebody resumes it. The guard still turns back what does harm.", undo: (flag) => `trunkline flag ramp ${flag} --resume REASON` },
  resume: { word: "Resume", sure: "Resume", says: (ramp) => `It goes on from ${percent(ramp.share)}, whatever it held for. What customers did before is no reason to hold again.`, undo: (flag) => `trunkline flag ramp ${flag} --pause REASON` },
  cancel: { word: "Override", sure: "Cancel the ramp", says: (ramp) => `The ramp ends and nothing guards the flag any more. Its share stays at ${percent(ramp.share)} until somebody changes it.`, undo: (flag) => `trunkline flag ramp ${flag} --to 100` },
};

function Say({ flag, ramp, verb }: VerbsProps & { verb: RampVerb }) {
  const act = useRampVerb(ramp.number);
  const { word, sure, says, undo } = WORDS[verb];
  return (
    <Confirm word={word} kind={verb === "cancel" ? "danger" : "plain"} title={`${word} ramp ${ramp.number} of ${flag.key}`} sure={sure} reason="required" perform={(values) => act.mutateAsync({ verb, reason: typed(values, "reason") ?? "" })}>
      <ul className="bullets">{[...blastWords(flag), says(ramp)].map((line) => <li key={line}>{line}</li>)}</ul>
      <p className="small muted">Same: <code>trunkline flag ramp {flag.key} --{verb} REASON</code></p>
      <p className="small muted">Undo: <code>{undo(flag.key)}</code></p>
    </Confirm>
  );
}

function Before({ ramps }: { ramps: GuardedRamp[] }) {
  return (
    <details className="chart-twin">
      <summary>{counted(ramps.length, "ramp")} before it</summary>
      <Table label="Ramps before it" columns={BEFORE} rows={ramps} rowKey={(r) => r.number} />
    </details>
  );
}

const BEFORE: Column<GuardedRamp>[] = [
  { name: "Ramp", narrow: "named", cell: (r) => r.number },
  { name: "State", nowrap: true, cell: (r) => <State state={rampState(r)} /> },
  { name: "How it ended", narrow: "whole", width: "58%", cell: (r) => <Said text={r.sentence} /> },
  { name: "Begun", num: true, nowrap: true, cell: (r) => <Ago at={r.began} /> },
];
