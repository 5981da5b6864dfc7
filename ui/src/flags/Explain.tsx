import { useEffect, useState, type FormEvent } from "react";
import { Cli } from "../look/Cli";
import { ProblemNotice } from "../look/Notice";
import { Said } from "../look/Said";
import { useExplain } from "./api";
import type { Evaluation, FlagView } from "./shapes";
import { valueWord } from "./words";

const EXAMPLE = '{ "targetingKey": "visitor-1" }';

/** What one context would get, without counting as an exposure. */
export function Explain({ flag }: { flag: FlagView }) {
  const [context, setContext] = useState(EXAMPLE);
  const [wrong, setWrong] = useState<Error>();
  const explain = useExplain(flag.key);
  // What was explained belongs to the revision that was asked.
  const { reset } = explain;
  useEffect(() => reset(), [flag.revision, reset]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    try {
      const value: unknown = JSON.parse(context);
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("a context is a JSON object, for example " + EXAMPLE);
      setWrong(undefined);
      explain.mutate(value as Record<string, unknown>);
    } catch (error) {
      explain.reset();
      setWrong(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return (
    <div className="stack">
      <form className="form inline explain" onSubmit={submit}>
        <label className="field"><span>Evaluation context as JSON</span><textarea name="context" rows={2} className="mono" spellCheck={false} value={context} onChange={(event) => setContext(event.target.value)} /></label>
        <button type="submit" disabled={explain.isPending}>Explain</button>
      </form>
      {wrong && <ProblemNotice error={wrong} />}
      {explain.isError && <ProblemNotice error={explain.error} />}
      {explain.data && !wrong && <Answer evaluation={explain.data} />}
      <Cli command={`trunkline evaluate ${flag.key} --flags flags/ --context '${context.replaceAll(/\s+/g, " ").trim()}'`} />
    </div>
  );
}

function Answer({ evaluation }: { evaluation: Evaluation }) {
  return (
    <div className="stack-tight" role="status">
      <dl className="facts">
        <dt>Variant</dt><dd>{evaluation.variant ? <><strong>{evaluation.variant}</strong> <code>{valueWord(evaluation.value)}</code></> : "none: the code's own default is used"}</dd>
        <dt>Reason</dt><dd><code>{evaluation.reason}</code> <Said text={evaluation.why} /></dd>
      </dl>
    </div>
  );
}
