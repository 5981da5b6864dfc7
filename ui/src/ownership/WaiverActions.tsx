import { useSession } from "../access/session";
import { Confirm, typed } from "../look/Confirm";
import { useNow } from "../look/Time";
import { counted } from "../look/words";
import { useSay } from "./api";
import type { Check, Waiver } from "./shapes";
import { CHECK_NAMES, checkWords, dayIn, list, mayNotApprove } from "./words";

/** The server takes no longer ones. */
const DAYS_MAX = 90;
const DAYS = 14;

interface AskProps { word: string; className?: string; kind?: "primary"; check?: Check; what?: string }

/** Asks the owning domain to let something pass for a while. */
export function AskForWaiver({ word, className, kind, check, what }: AskProps) {
  const say = useSay();
  const now = useNow();
  const ask = (values: FormData) => say.mutateAsync({ verb: "ask", wish: { check: (check ?? typed(values, "check")) as Check, what: what ?? typed(values, "what") ?? "", reason: typed(values, "reason") ?? "", expires: typed(values, "expires") ?? "" } });
  return (
    <Confirm word={word} {...(className && { className })} kind={kind ?? "plain"} title={what ? `Ask for a waiver of ${what}` : "Ask for a waiver"} sure="Ask" reason="required" perform={ask}>
      <ul className="bullets">
        <li>Somebody of the domain that owns it decides; nobody approves their own.</li>
        <li>Until then nothing changes. Once granted it lets this, and nothing else, pass until its last day.</li>
      </ul>
      {check
        ? <p className="small muted"><code>{check}</code>: {checkWords(check)}</p>
        : <label className="field"><span>Check</span><select name="check">{CHECK_NAMES.map((name) => <option key={name} value={name}>{name}: {checkWords(name)}</option>)}</select></label>}
      {what === undefined && <label className="field"><span>A path, a pattern of paths, or the name of what breaks the check</span><input type="text" name="what" required autoComplete="off" spellCheck={false} /></label>}
      <label className="field"><span>Its last day, at most {DAYS_MAX} days from now</span><input type="date" name="expires" required min={dayIn(0, now)} max={dayIn(DAYS_MAX, now)} defaultValue={dayIn(DAYS, now)} /></label>
    </Confirm>
  );
}

/** What can be said to a waiver as it stands. */
export function WaiverActions({ waiver }: { waiver: Waiver }) {
  const person = useSession().data?.person;
  if (waiver.number == null) return <span className="small muted">with a commit</span>;
  if (waiver.state === "granted") return <End waiver={waiver} number={waiver.number} word="Revoke" />;
  if (waiver.state !== "asked") return null;
  const objection = mayNotApprove(waiver, person);
  return (
    <div className="buttons-inline">
      {objection ? <span className="small muted">{objection}</span> : <Approve waiver={waiver} number={waiver.number} />}
      <End waiver={waiver} number={waiver.number} word="Decline" />
    </div>
  );
}

interface Props { waiver: Waiver; number: number }

/** What it lets pass, before anybody says so. */
const passes = ({ covers, what, expires, author }: Waiver) => [
  covers === 0 ? `Nothing on trunk breaks the check at ${what} now: it is for what comes.` : `${counted(covers, "violation")} on trunk at ${what} ${covers === 1 ? "passes" : "pass"} until the end of ${expires}.`,
  `${author ?? "Somebody who is not known"} asked for it.`,
];

function Approve({ waiver, number }: Props) {
  const say = useSay();
  return (
    <Confirm word="Approve" title={`Approve waiver ${number}`} sure="Approve" reason="optional" perform={(values) => say.mutateAsync({ verb: "approve", waiver: number, reason: typed(values, "reason") })}>
      <ul className="bullets">{passes(waiver).map((line) => <li key={line}>{line}</li>)}</ul>
      <p className="small muted">Same: <code>trunkline waiver approve {number}</code></p>
      <p className="small muted">Undo: <code>trunkline waiver end {number}</code></p>
    </Confirm>
  );
}

function End({ waiver, number, word }: Props & { word: "Revoke" | "Decline" }) {
  const say = useSay();
  const after = word === "Decline" ? "What it is about stays as it is: it is not let pass." : `${counted(waiver.covers, "violation")} that ${waiver.covers === 1 ? "passes" : "pass"} by it ${waiver.covers === 1 ? "counts" : "count"} again at the next gate.`;
  return (
    <Confirm word={word} className="text-button danger" kind="danger" title={`${word} waiver ${number}`} sure={word} reason="optional" perform={(values) => say.mutateAsync({ verb: "end", waiver: number, reason: typed(values, "reason") })}>
      <ul className="bullets"><li>{after}</li><li>Another one can be asked for; {list(waiver.approvers) || "the owning domain"} would decide.</li></ul>
      <p className="small muted">Same: <code>trunkline waiver end {number}</code></p>
    </Confirm>
  );
}
