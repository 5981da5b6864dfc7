import { Card } from "../look/Card";
import { CopyButton } from "../look/Copy";
import { ProblemNotice } from "../look/Notice";
import { Skeleton } from "../look/Loading";
import { counted } from "../look/words";
import { useSuggestions } from "./api";
import type { Suggestion } from "./shapes";

/** Journeys that customers go through already and nobody measures, ready to be put into the repository. */
export function Suggestions() {
  const query = useSuggestions();
  return (
    <Card title="Suggested journeys" note="from what visitors do">
      {query.isError ? <ProblemNotice error={query.error} retry={() => void query.refetch()} /> : query.data ? <List items={query.data.items} /> : <Skeleton lines={2} />}
    </Card>
  );
}

function List({ items }: { items: Suggestion[] }) {
  if (items.length === 0) return <p className="empty">None. There is one as soon as some visitors go the same way through events or pages that no journey measures.</p>;
  return (
    <ul className="suggestions">
      {items.map((item) => (
        <li key={item.yaml}>
          <div>
            <strong>{names(item).join(" → ")}</strong>
            <div className="small muted">{item.sentence || `${counted(item.persons, "person")} went this way`}</div>
          </div>
          <CopyButton text={item.yaml} word="Copy YAML" label={`Copy the YAML of ${names(item).join(" to ")}`} />
          <details className="small">
            <summary>journeys/{nameOf(item)}.yaml</summary>
            <pre className="plan" tabIndex={0} role="region" aria-label={`YAML of ${names(item).join(" to ")}`}>{item.yaml}</pre>
          </details>
        </li>
      ))}
    </ul>
  );
}

const names = (item: Suggestion): string[] => item.steps.map((step) => step.name);

const nameOf = (item: Suggestion): string => /^journey:\s*"?([\w-]+)/m.exec(item.yaml)?.[1] ?? "new";
