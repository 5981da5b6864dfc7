import { Link } from "wouter";
import { Ago } from "../look/Time";
import type { Said } from "./shapes";
import { filterPath, fromWords, passedWords, scoreWords, term } from "./words";
import { TagIt } from "./TagIt";

/** What customers said, each joined to what they saw and did. What is not known is said, because an empty place would say "none". */
export function SaidList({ rows }: { rows: Said[] }) {
  return <ul className="voices" aria-label="What customers said">{rows.map((said) => <li key={said.id}><Voice said={said} /></li>)}</ul>;
}

function Voice({ said }: { said: Said }) {
  const score = scoreWords(said);
  return (
    <>
      <blockquote>{said.text || <span className="muted">no words</span>}</blockquote>
      <div className="meta">
        <Ago at={said.at} />
        {score && <strong>rated {score}</strong>}
        {said.person ? <Link href={`/persons/${encodeURIComponent(said.person)}`} className="one-line">{said.person}</Link> : <span>whose words is not known</span>}
        {said.survey ? <Link href={filterPath(term("survey", said.survey))}>{fromWords(said)}</Link> : <span>{fromWords(said)}</span>}
        {said.owner && <Link href={filterPath(term("domain", said.owner))}>for {said.owner}</Link>}
        {said.url && <code>{said.url}</code>}
      </div>
      {said.answers.length > 1 && <Answers said={said} />}
      <dl className="joined">
        <dt>Saw</dt>
        <dd><Saw said={said} /></dd>
        <dt>Did</dt>
        <dd>{said.journeys.length === 0 ? <span className="muted">{said.person ? "in no journey then" : "not known"}</span> : said.journeys.map((passed, i) => <span key={passed.journey}>{i > 0 && "; "}<Link href={`/journeys/${encodeURIComponent(passed.journey)}`}>{passed.journey}</Link>{passed.is_about && " (about it)"}: {passedWords(passed)}</span>)}</dd>
      </dl>
      {said.because && said.because.length > 0 && <p className="small muted">The change&rsquo;s: {said.because.join("; ")}</p>}
      <div className="tags">
        {said.tags.map((tag) => <Link key={tag} href={filterPath(term("tag", tag))} className="tag">{tag}</Link>)}
        <TagIt said={said} />
      </div>
    </>
  );
}

/** The version and the variants that they had. */
function Saw({ said }: { said: Said }) {
  const variants = Object.entries(said.variants);
  if (said.release == null && variants.length === 0 && !said.person) return <span className="muted">not known</span>;
  return (
    <>
      {said.release == null ? <span className="muted">which deployment is not known</span> : <Link href={`/deployments/${said.release}`}>deployment {said.release}</Link>}
      {variants.map(([flag, variant]) => <span key={flag}>, <Link href={`/flags/${encodeURIComponent(flag)}`}><code>{flag}</code></Link> {variant}</span>)}
      {variants.length === 0 && <span className="muted">, exposed to no flag</span>}
    </>
  );
}

function Answers({ said }: { said: Said }) {
  return (
    <details className="chart-twin">
      <summary>all answers</summary>
      <dl className="facts">{said.answers.map(({ question, answer }) => <div key={question} style={{ display: "contents" }}><dt>{question}</dt><dd>{answerWords(answer)}</dd></div>)}</dl>
    </details>
  );
}

const answerWords = (answer: unknown): string => (answer === null || answer === undefined ? "not answered" : Array.isArray(answer) ? answer.join(", ") : String(answer));
