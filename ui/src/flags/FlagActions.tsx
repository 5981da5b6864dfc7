import { useState } from "react";
import { Confirm, typed } from "../look/Confirm";
import { Split } from "../look/Split";
import { useAct, type Act } from "./api";
import type { FlagView, Written } from "./shapes";
import { blastWords, canRamp, inOrder, rampCommand, rampWords, rebalance, wrongWith, type Shares } from "./words";

/** Told about what was done, so that the page can offer to undo it. */
export type Done = (written: Written, word: string) => void;

interface Props { flag: FlagView; done: Done }

/** What can be done to a flag as it stands; each shows whom it concerns first. */
export function FlagActions({ flag, done }: Props) {
  if (flag.state === "archived") return null;
  return (
    <>
      {flag.killed ? <Clear flag={flag} done={done} /> : <Kill flag={flag} done={done} />}
      {flag.state === "retiring" && <Retire flag={flag} done={done} />}
      {!flag.killed && canRamp(flag) && <Ramp flag={flag} done={done} />}
    </>
  );
}

/** One verb, from its form to the word about it. */
function useDo(flag: FlagView, done: Done) {
  const act = useAct(flag.key);
  return async (wish: Act, word: string) => done(await act.mutateAsync(wish), word);
}

function Kill({ flag, done }: Props) {
  const perform = useDo(flag, done);
  return (
    <Confirm word="Kill" kind="danger" title={`Kill ${flag.key}`} sure="Kill" reason="required" perform={(values) => perform({ verb: "kill", reason: typed(values, "reason") }, "is killed")}>
      <Blast flag={flag} says={[`Everybody gets ${flag.off_variant ? `“${flag.off_variant}”` : "the value in the code"} with the next evaluation, testers too.`, "It wins over every rule, ramp and push until somebody clears it."]} />
      <p className="small muted">Undo: <code>trunkline flag set {flag.key} --revision {flag.revision}</code></p>
    </Confirm>
  );
}

function Clear({ flag, done }: Props) {
  const perform = useDo(flag, done);
  return (
    <Confirm word="Clear the kill" kind="primary" title={`Clear the kill of ${flag.key}`} sure="Clear the kill" reason="optional" perform={(values) => perform({ verb: "clear", reason: typed(values, "reason") }, "is no longer killed")}>
      <Blast flag={flag} says={["Its rules, ramp and testers count again, as they stand now."]} />
      <p className="small muted">Undo: <code>trunkline flag kill {flag.key} --reason "…"</code></p>
    </Confirm>
  );
}

function Retire({ flag, done }: Props) {
  const perform = useDo(flag, done);
  const places = flag.references?.length;
  return (
    <Confirm word="Retire" title={`Retire ${flag.key}`} sure="Retire" reason="required" perform={(values) => perform({ verb: "retire", reason: typed(values, "reason") }, "is retired")}>
      <Blast flag={flag} says={["Code that still asks for it gets its own default from then on.", places === undefined ? "Whether code still names it is not known." : places === 0 ? "No code names it any more." : `The code still names it in ${places} ${places === 1 ? "place" : "places"}.`]} />
      <p className="small muted">Undo: <code>trunkline flag set {flag.key} --revision {flag.revision}</code></p>
    </Confirm>
  );
}

/** Whom it concerns, then what it does. */
function Blast({ flag, says }: { flag: FlagView; says: string[] }) {
  return <ul className="bullets">{[...blastWords(flag), ...says].map((line) => <li key={line}>{line}</li>)}</ul>;
}

const startingShares = (flag: FlagView): Shares => {
  const now = (flag.split ?? []);
  const known = Object.fromEntries(inOrder(flag).map((v) => [v, Math.round((now.find((s) => s.variant === v)?.share ?? 0) * 1000) / 10]));
  return now.length > 0 ? known : { ...known, [flag.default_variant ?? flag.variants[0] ?? ""]: 100 };
};

function Ramp({ flag, done }: Props) {
  const perform = useDo(flag, done);
  const [shares, setShares] = useState<Shares>(() => startingShares(flag));
  const wrong = wrongWith(shares);
  const ramp = async (values: FormData) => {
    if (wrong) throw new Error(wrong);
    const split = Object.fromEntries(Object.entries(shares).map(([variant, share]) => [variant, Math.round(share * 10) / 1000]));
    await perform({ verb: "ramp", split, reason: typed(values, "reason") }, "is ramped");
  };
  return (
    <Confirm word="Ramp" kind="primary" title={`Ramp ${flag.key}`} sure="Ramp" reason="optional" perform={ramp} opened={() => setShares(startingShares(flag))}>
      <fieldset>
        <legend>Share of each variant, in per cent</legend>
        {Object.entries(shares).map(([variant, share]) => <ShareInput key={variant} variant={variant} share={share} set={(value) => setShares((now) => rebalance(now, variant, value))} />)}
      </fieldset>
      <Split parts={Object.entries(shares).map(([variant, share]) => ({ variant, share: share / 100 }))} />
      <ul className="bullets" aria-live="polite">
        {rampWords((flag.split ?? []), shares, flag.exposed_persons).map((line) => <li key={line}>{line}</li>)}
        <li>Whoever is in a variant that grows stays in it. The ramp survives pushes unless a commit changes this very split.</li>
      </ul>
      <p className="small muted">Same: <code>{rampCommand(flag.key, shares)}</code></p>
      <p className="small muted">Undo: <code>trunkline flag set {flag.key} --revision {flag.revision}</code></p>
    </Confirm>
  );
}

function ShareInput({ variant, share, set }: { variant: string; share: number; set: (value: number) => void }) {
  return (
    <div className="share">
      <code>{variant}</code>
      <input type="range" min={0} max={100} step={1} value={share} aria-label={`${variant}, slider`} onChange={(event) => set(event.target.valueAsNumber)} />
      <input type="number" min={0} max={100} step={0.1} value={share} aria-label={`${variant}, per cent`} onChange={(event) => set(event.target.valueAsNumber)} />
    </div>
  );
}

/** Sets a flag back to what it was. */
export function SetBack({ flag, revision, done }: Props & { revision: number }) {
  const perform = useDo(flag, done);
  return (
    <Confirm word="Set back" className="text-button" kind="primary" title={`Set ${flag.key} back to revision ${revision}`} sure="Set back" reason="optional" perform={(values) => perform({ verb: "set", revision, reason: typed(values, "reason") }, `is as it was at revision ${revision}`)}>
      <Blast flag={flag} says={[`Rules, split, testers and kill are as they were at revision ${revision}. It becomes a new revision; nothing is lost.`]} />
      <p className="small muted">Undo: <code>trunkline flag set {flag.key} --revision {flag.revision}</code></p>
    </Confirm>
  );
}
