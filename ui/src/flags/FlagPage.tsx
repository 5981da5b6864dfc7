import { useState } from "react";
import { Link } from "wouter";
import { PageHead } from "../app/PageHead";
import { FeedbackShort } from "../feedback/FeedbackShort";
import { filterPath, term } from "../feedback/words";
import { Card } from "../look/Card";
import { Cli, Commands } from "../look/Cli";
import { Skeleton } from "../look/Loading";
import { Notice, ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { Split } from "../look/Split";
import { State } from "../look/State";
import { Ago } from "../look/Time";
import { count } from "../look/words";
import { useFlag } from "./api";
import { Explain } from "./Explain";
import { FlagActions, type Done } from "./FlagActions";
import { Exposures, History, References, Rules, Testers, Variants } from "./FlagParts";
import { Expiry } from "./FlagsPage";
import { GuardedRamps } from "./GuardedRamp";
import type { FlagView, Written } from "./shapes";
import { Standing } from "./Standing";
import { canRamp, flagSentence, flagState, splitOf, splitWords } from "./words";

/** One flag: who gets what now, why, and everything that was decided about it. */
export function FlagPage({ flagKey }: { flagKey: string }) {
  const query = useFlag(flagKey);
  const [last, setLast] = useState<{ written: Written; word: string }>();
  const flag = query.data;
  const done: Done = (written, word) => setLast({ written, word });
  return (
    <>
      <PageHead
        title={flagKey}
        crumbs={<><Link href="/flags">Flags</Link><span aria-hidden="true">/</span><code>{flagKey}</code></>}
        meta={flag ? <Meta flag={flag} /> : <span className="skeleton" style={{ width: 220 }} />}
        actions={flag && <FlagActions flag={flag} done={done} />}
      />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={flag !== undefined} />}
      {last && <Undo written={last.written} word={last.word} />}
      {flag ? <Inside flag={flag} done={done} /> : !query.isError && <Waiting />}
      <Commands commands={[`trunkline flag show ${flagKey}`]} />
    </>
  );
}

/** What was done, and the way back. */
function Undo({ written, word }: { written: Written; word: string }) {
  return (
    <Notice kind={written.edge ? "good" : "warn"}>
      <p>{written.key} {word}: revision {count(written.revision)}, {written.edge ? "in force at the edge" : "not yet in force: the edge does not answer and gets it as soon as it does"}.</p>
      <div className="small muted">Undo</div>
      <Cli command={written.undo} />
    </Notice>
  );
}

function Meta({ flag }: { flag: FlagView }) {
  return (
    <>
      {flag.kind && <span>{flag.kind}</span>}
      {flag.owner && <span>owner {flag.owner}</span>}
      <span>by {flag.unit ?? "visitor"}</span>
      {flag.journey && <span>measured by <Link href={`/journeys/${flag.journey}`}>{flag.journey}</Link></span>}
      {flag.expires && <Expiry at={flag.expires} />}
      <span>revision {count(flag.revision)}</span>
      {flag.edge === false && <span className="ink-warn">not yet at the edge</span>}
      {flag.changed && <span>changed <Ago at={flag.changed.at} /></span>}
    </>
  );
}

function Inside({ flag, done }: { flag: FlagView; done: Done }) {
  const state = flagState(flag.state);
  const parts = splitOf(flag);
  return (
    <>
      <div className={`verdict ${state.kind}`}>
        <State state={state} />
        <p><Said text={flagSentence(flag)} /></p>
        {flag.description && <small>{flag.description}</small>}
      </div>
      <Standing flag={flag} />
      <div className="grid">
        <Card title="Who gets what" note={parts.length > 0 ? "of all who reach the split" : undefined} span={7}>
          <div className="stack">
            {parts.length > 0 ? <div className="stack-tight"><Split parts={parts} /><span className="small muted">{splitWords(parts)}{flag.ramp && <> · set by {flag.ramp.who} <Ago at={flag.ramp.at} /></>}</span></div> : <p className="empty">{canRamp(flag) ? "No split: the rules alone decide." : `It depends on the rules. No ramp: ${flag.no_ramp ?? "there is one variant"}.`}</p>}
            <Rules flag={flag} />
          </div>
        </Card>
        <Card title="Variants" note={flag.type} span={5}><Variants flag={flag} /></Card>
      </div>
      <div className="grid">
        <Card title="Exposed persons by day" note={flag.exposed_persons == null ? "not known" : `${count(flag.exposed_persons)} in all; once per person, variant and day`} span={7}><Exposures flag={flag} /></Card>
        <Card title="Testers" note="get their variant whatever the rules say" span={5}><Testers flag={flag} done={done} /></Card>
      </div>
      <GuardedRamps flag={flag} />
      <Voices flag={flag} />
      <Card title="Explain" note="what one context gets, and why"><Explain flag={flag} /></Card>
      <Card title="History" note="every revision; each can be set back to"><History flag={flag} done={done} /></Card>
      <div className="grid">
        <Card title="In the code" note="where the live commit names it" span={7}><References flag={flag} /></Card>
        <Card title="Whom a change concerns" span={5}><Blast flag={flag} /></Card>
      </div>
    </>
  );
}

/** What persons with each variant said. */
function Voices({ flag }: { flag: FlagView }) {
  return (
    <FeedbackShort title="What customers with it said" filter={term("flag", flag.key)} flag={flag.key}>
      <p className="small muted below-list">Only of {flag.variants.map((variant, i) => <span key={variant}>{i > 0 && ", "}<Link href={filterPath(term("flag", flag.key), term("variant", variant))}>{variant}</Link></span>)}</p>
    </FeedbackShort>
  );
}

function Blast({ flag }: { flag: FlagView }) {
  const journeys = flag.blast.journeys;
  return (
    <dl className="facts">
      <dt>Persons now</dt><dd>{typeof flag.blast.persons_now === "number" ? count(flag.blast.persons_now) : <span className="muted">not known</span>}</dd>
      <dt>Journeys</dt><dd>{journeys.length === 0 ? <span className="muted">none is measured with it</span> : journeys.map((name, i) => <span key={name}>{i > 0 && ", "}<Link href={`/journeys/${name}?by=${encodeURIComponent(`variant:${flag.key}`)}`}>{name} by variant</Link></span>)}</dd>
      <dt>Owner</dt><dd>{flag.owner ?? <span className="muted">nobody</span>}</dd>
    </dl>
  );
}

function Waiting() {
  return (
    <>
      <div className="verdict"><Skeleton lines={1} /></div>
      <div className="grid">
        <Card title="Who gets what" span={7}><Skeleton lines={4} /></Card>
        <Card title="Variants" span={5}><Skeleton lines={3} /></Card>
      </div>
      <Card title="History"><Skeleton lines={4} /></Card>
    </>
  );
}
