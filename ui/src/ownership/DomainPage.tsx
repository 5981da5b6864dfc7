import type { ReactNode } from "react";
import { Link } from "wouter";
import { PageHead } from "../app/PageHead";
import { FeedbackShort } from "../feedback/FeedbackShort";
import { filterPath, term } from "../feedback/words";
import { Card } from "../look/Card";
import { Commands } from "../look/Cli";
import { Skeleton } from "../look/Loading";
import { ProblemNotice } from "../look/Notice";
import { State } from "../look/State";
import { count, counted, short } from "../look/words";
import { DomainFindings } from "../security/DomainFindings";
import { useDomain } from "./api";
import type { DomainView } from "./shapes";
import { Tabs } from "./Tabs";
import { Violations } from "./Violations";
import { WaiverTable } from "./WaiversPage";
import { countsState, list, ownsWords, violationWords } from "./words";

/** One domain: what it owns, who answers for it, what breaks principles at it, what is vulnerable in it, and what its customers said. */
export function DomainPage({ name }: { name: string }) {
  const query = useDomain(name);
  const domain = query.data;
  return (
    <>
      <PageHead title={name} crumbs={<><Link href="/domains">Domains</Link><span aria-hidden="true">/</span>{name}</>} meta={domain ? <Meta domain={domain} /> : <span className="skeleton" style={{ width: 220 }} />} />
      <Tabs here="Domains" />
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={domain !== undefined} />}
      {domain ? <Inside domain={domain} /> : !query.isError && <Waiting />}
      <Commands commands={["trunkline own map", "trunkline own check"]} />
    </>
  );
}

function Meta({ domain }: { domain: DomainView }) {
  return (
    <>
      <span>{domain.team ? `team ${domain.team}` : "no team"}</span>
      <span>{counted(domain.files, "file")}</span>
      {domain.commit && <span>as of <Link href={`/changes/${domain.commit}`}><code>{short(domain.commit)}</code></Link></span>}
    </>
  );
}

function Inside({ domain }: { domain: DomainView }) {
  const state = countsState(domain.violations);
  const shown = domain.findings_of_checks.length;
  const all = Object.values(domain.violations).reduce((sum, n) => sum + n, 0);
  return (
    <>
      <div className={`verdict ${state.kind}`}>
        <State state={all === 0 ? { kind: "good", word: "Keeps to the principles" } : state} />
        <p>{answerOf(domain)}</p>
        {!domain.declared && <small>The catalog does not declare it: it is known by what names it as its owner.</small>}
      </div>
      <div className="grid">
        <Card title="What it owns" note={ownsWords(domain) || "files alone"} span={7}><Owned domain={domain} /></Card>
        <Card title="Who answers for it" span={5}><Answers domain={domain} /></Card>
      </div>
      <Card title="What breaks principles here" note={shown < all ? `the first ${count(shown)} of ${count(all)}` : undefined}>
        <Violations rows={domain.findings_of_checks} empty="Nothing on trunk breaks a principle here." />
      </Card>
      <DomainFindings domain={domain.name} />
      <Card title="Waivers" note="that are this domain's to decide"><WaiverTable rows={domain.waivers} empty={<p>None was asked for.</p>} /></Card>
      <FeedbackShort title="What customers said of what it owns" filter={term("domain", domain.name)} />
    </>
  );
}

function answerOf({ people, team, name, violations }: DomainView): string {
  const who = people.length > 0 ? `${list(people)} ${people.length === 1 ? "answers" : "answer"} for ${name}` : team ? `Team ${team} answers for ${name}; who is in it is not known` : `It is not known who answers for ${name}`;
  const broken = violationWords(violations);
  return broken === "" ? who : `${who}. What breaks principles here: ${broken}`;
}

function Owned({ domain }: { domain: DomainView }) {
  return (
    <dl className="facts">
      <Names word="Paths" names={domain.paths} />
      <Names word="Tables" names={domain.tables} />
      <Names word="Events" names={domain.events} to={(name) => `/events?q=${encodeURIComponent(name.includes(" ") ? `"${name}"` : name)}`} />
      <Names word="Flags" names={domain.flags} to={(name) => `/flags/${encodeURIComponent(name)}`} />
      <Names word="Journeys" names={domain.journeys} to={(name) => `/journeys/${encodeURIComponent(name)}`} />
      <Names word="Experiments" names={domain.experiments} to={(name) => `/experiments/${encodeURIComponent(name)}`} />
      <Names word="Surveys" names={domain.surveys} to={(name) => filterPath(term("survey", name))} />
    </dl>
  );
}

function Names({ word, names, to }: { word: string; names: string[]; to?: (name: string) => string }) {
  const each = (name: string): ReactNode => (to ? <Link href={to(name)}><code>{name}</code></Link> : <code>{name}</code>);
  return (
    <>
      <dt>{word}</dt>
      <dd>{names.length === 0 ? <span className="muted">none</span> : names.map((name, i) => <span key={name}>{i > 0 && ", "}{each(name)}</span>)}</dd>
    </>
  );
}

function Answers({ domain }: { domain: DomainView }) {
  return (
    <dl className="facts">
      <dt>Team</dt><dd>{domain.team ?? <span className="ink-warn">none</span>}</dd>
      <dt>People</dt><dd>{domain.people.length > 0 ? domain.people.join(", ") : <span className="muted">not known</span>}</dd>
      <dt>Others may import</dt><dd>{domain.surface.length > 0 ? domain.surface.map((pattern, i) => <span key={pattern}>{i > 0 && ", "}<code>{pattern}</code></span>) : <span className="muted">nothing: no surface is declared</span>}</dd>
    </dl>
  );
}

function Waiting() {
  return (
    <>
      <div className="verdict"><Skeleton lines={1} /></div>
      <div className="grid">
        <Card title="What it owns" span={7}><Skeleton lines={5} /></Card>
        <Card title="Who answers for it" span={5}><Skeleton lines={3} /></Card>
      </div>
      <Card title="What breaks principles here"><Skeleton lines={4} /></Card>
    </>
  );
}
