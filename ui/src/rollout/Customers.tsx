import { Link } from "wouter";
import type { Lineage } from "../api/shapes";
import { share } from "../charts/arms";
import { Chart, Twin } from "../charts/Chart";
import { effectHeight, forest, inPoints } from "../charts/forest";
import { decisionState } from "../experiments/words";
import { useFlag } from "../flags/api";
import { flagState, splitOf, splitWords } from "../flags/words";
import { Card } from "../look/Card";
import { useDrawing } from "../look/Drawn";
import { State } from "../look/State";
import { Ago } from "../look/Time";
import { count, counted } from "../look/words";
import { drawable, effectWords, rateOf, type JourneyEffect } from "./effects";

/** What the change means for customers: its flags, who saw it, what they did. Parts that nobody knows are not drawn. */
export function Customers({ change }: { change: Lineage }) {
  const { flags, journeys, exposed_persons: exposed } = change;
  if (!flags && !journeys && typeof exposed !== "number") return null;
  return (
    <>
      <div className="grid">
        <Card title="Flags and who saw it" note={typeof exposed === "number" ? `${count(exposed)} exposed ${exposed === 1 ? "person" : "persons"}` : "who saw it is not known yet"} span={5}>{flags ? <Flags keys={flags} exposures={change.exposures ?? []} /> : <p className="empty">Not known yet.</p>}</Card>
        <Card title="Effect on journeys" note="95 % intervals, in percentage points" span={7}>{journeys ? <Journeys effects={journeys} /> : <p className="empty">Not known yet.</p>}</Card>
      </div>
      {change.verdicts && change.verdicts.length > 0 && <Card title="Verdicts" note="of experiments with its flags"><Verdicts all={change.verdicts} /></Card>}
    </>
  );
}

function Verdicts({ all }: { all: NonNullable<Lineage["verdicts"]> }) {
  return (
    <ul className="list">
      {all.map((one) => (
        <li key={one.experiment} className="flag-line">
          <div>
            <Link href={`/experiments/${encodeURIComponent(one.experiment)}`}><code>{one.experiment}</code></Link>
            <div className="small muted">{one.by ? `${one.by} decided: ${one.sentence}` : one.sentence}</div>
          </div>
          <State state={decisionState(one.decision)} />
        </li>
      ))}
    </ul>
  );
}

type Exposure = NonNullable<Lineage["exposures"]>[number];

function Flags({ keys, exposures }: { keys: string[]; exposures: Exposure[] }) {
  if (keys.length === 0) return <p className="empty">It touches no flag: whoever gets its deployment sees it.</p>;
  return <ul className="list">{keys.map((key) => <FlagLine key={key} flagKey={key} exposure={exposures.find(({ flag }) => flag === key)} />)}</ul>;
}

function FlagLine({ flagKey, exposure }: { flagKey: string; exposure: Exposure | undefined }) {
  const flag = useFlag(flagKey).data;
  return (
    <li className="flag-line">
      <div>
        <Link href={`/flags/${encodeURIComponent(flagKey)}`}><code>{flagKey}</code></Link>
        {flag && <div className="small muted">{splitWords(splitOf(flag)) || "by rule"}</div>}
        {exposure && <div className="small muted"><FirstSeen exposure={exposure} /></div>}
      </div>
      {flag ? <State state={flagState(flag.state)} /> : <span className="skeleton" style={{ width: 60 }} />}
    </li>
  );
}

/** When what is behind a flag first reached somebody, and how many since. */
function FirstSeen({ exposure: { first, persons, variants } }: { exposure: Exposure }) {
  if (!first) return <>nobody has seen what is behind it</>;
  return <>{variants.join(", ")} first seen <Ago at={first} />, by {counted(persons, "person")} since</>;
}

function Journeys({ effects }: { effects: JourneyEffect[] }) {
  const rows = drawable(effects);
  const draw = useDrawing(rows, forest);
  if (effects.length === 0) return <p className="empty">No journey is measured with it.</p>;
  const rate = (figures: JourneyEffect["before"]) => { const r = rateOf(figures); return r === undefined ? "nobody" : share(r); };
  const twin = effects.map((e) => [e.journey, count(e.before.entered), rate(e.before), count(e.after.entered), rate(e.after), e.difference ? `${inPoints(e.difference.estimate)} (${inPoints(e.difference.lower)} to ${inPoints(e.difference.upper)})` : "not known"]);
  return (
    <div className="stack">
      <ul className="bullets">{effects.map((e) => <li key={e.journey}><Link href={`/journeys/${encodeURIComponent(e.journey)}?by=release`}>{e.journey}</Link>{effectWords(e).slice(e.journey.length)}</li>)}</ul>
      {rows.length > 0 && <Chart draw={draw} height={effectHeight(rows)} twin={<Twin label="Effect as a table" head={["Journey", "Entered before", "Converted", "Entered with it", "Converted with it", "Difference"]} rows={twin} />} />}
    </div>
  );
}
