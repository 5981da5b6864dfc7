import { useEffect, useRef, useState } from "react";

interface Props {
  value: string;
  onChange: (value: string) => void;
  examples: string[];
  label: string;
  placeholder: string;
}

const SETTLE_MS = 250;

/** A `key:value` filter; what is typed reaches the address once the hand rests. */
export function Filter({ value, onChange, examples, label, placeholder }: Props) {
  const [typed, setTyped] = useState(value);
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const type = (next: string) => {
    setTyped(next);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => onChange(next.trim()), SETTLE_MS);
  };
  const set = (next: string) => {
    window.clearTimeout(timer.current);
    setTyped(next);
    onChange(next.trim());
  };
  return (
    <form className="filter" role="search" onSubmit={(event) => { event.preventDefault(); set(typed); }}>
      <input type="search" data-filter aria-label={label} placeholder={placeholder} value={typed} spellCheck={false} autoComplete="off" onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => { if (event.key === "Escape") { if (typed === "") event.currentTarget.blur(); else set(""); } }} />
      <div className="hints">
        {examples.map((example) => (
          <button key={example} type="button" className="chip" aria-pressed={has(typed, example)} onClick={() => set(toggle(typed, example))}>{example}</button>
        ))}
      </div>
    </form>
  );
}

const terms = (filter: string) => filter.split(/\s+/).filter(Boolean);

const has = (filter: string, term: string): boolean => terms(filter).includes(term);

/** Adds a term in place of another one of its key, or takes it out. */
export function toggle(filter: string, term: string): string {
  const all = terms(filter);
  if (all.includes(term)) return all.filter((t) => t !== term).join(" ");
  const key = `${term.split(":")[0]}:`;
  return [...all.filter((t) => !t.startsWith(key)), term].join(" ");
}
