import { useState } from "react";
import { Confirm, typed } from "../look/Confirm";
import { counted } from "../look/words";
import { useAct } from "./api";
import type { Choice, ExperimentView } from "./shapes";

interface Props { view: ExperimentView }

/** What can be done to an experiment as it stands; each shows whom it concerns first. */
export function ExperimentActions({ view }: Props) {
  if (view.state !== "running") return <Start view={view} />;
  return (
    <>
      <Decide view={view} />
      <Stop view={view} />
    </>
  );
}

const personsOf = ({ arms }: ExperimentView) => counted(arms.reduce((sum, arm) => sum + arm.units, 0), "person");

function Start({ view }: Props) {
  const act = useAct(view.key);
  const isAgain = view.state !== "draft";
  return (
    <Confirm word={isAgain ? "Start anew" : "Start"} kind="primary" title={`Start ${view.key}`} sure="Start" reason="optional" perform={(values) => act.mutateAsync({ verb: "start", reason: typed(values, "reason") })}>
      <ul className="bullets">
        <li>Persons who are shown <code>{view.arms[0]?.variant}</code> or <code>{view.arms[1]?.variant}</code> of <code>{view.flag}</code> are counted from now on.</li>
        {isAgain && <li>It is run {view.run + 1}: nobody is counted yet. Run {view.run} stays as it ended.</li>}
        <li>Its definition is fixed until it ends. A verdict is followed by the flag.</li>
      </ul>
      <p className="small muted">Same: <code>trunkline experiment start {view.key}</code></p>
    </Confirm>
  );
}

function Stop({ view }: Props) {
  const act = useAct(view.key);
  return (
    <Confirm word="Stop" title={`Stop ${view.key}`} sure="Stop" reason="optional" perform={(values) => act.mutateAsync({ verb: "stop", reason: typed(values, "reason") })}>
      <ul className="bullets">
        <li>It ends without a decision; {personsOf(view)} were counted.</li>
        <li>The flag stays as it is.</li>
      </ul>
      <p className="small muted">Same: <code>trunkline experiment stop {view.key}</code></p>
    </Confirm>
  );
}

const CHOICES: { choice: Choice; word: string; says: string }[] = [
  { choice: "ship", word: "Ship", says: "everybody gets the treatment" },
  { choice: "roll_back", word: "Roll back", says: "nobody gets it" },
];

function Decide({ view }: Props) {
  const act = useAct(view.key);
  const [choice, setChoice] = useState<Choice>("roll_back");
  return (
    <Confirm word="Decide" kind="primary" title={`Decide ${view.key}`} sure="Decide" reason="required" perform={(values) => act.mutateAsync({ verb: "decide", decision: choice, reason: typed(values, "reason") ?? "" })}>
      <fieldset>
        <legend>Whatever the figures say</legend>
        {CHOICES.map(({ choice: each, word, says }) => (
          <label key={each} className="check">
            <input type="radio" name="decision" value={each} checked={choice === each} onChange={() => setChoice(each)} /> {word}: {says}
          </label>
        ))}
      </fieldset>
      <ul className="bullets"><li>It concerns everybody who reaches the flag&rsquo;s split; {personsOf(view)} were counted so far.</li></ul>
      <p className="small muted">Same: <code>trunkline experiment decide {view.key} {choice === "ship" ? "ship" : "roll-back"} --reason &quot;…&quot;</code></p>
    </Confirm>
  );
}
