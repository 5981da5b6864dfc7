import type { ReactNode } from "react";
import { Problem } from "../api/problem";
import { Said } from "./Said";
import { Icon } from "./Icon";

/** What went wrong and what to do; what the page had stays below it. */
export function ProblemNotice({ error, retry, kept }: { error: unknown; retry?: (() => void) | undefined; kept?: boolean }) {
  const problem = Problem.of(error);
  return (
    <div className="notice" role="alert">
      <span className="ink-bad"><Icon name="bad" size={16} /></span>
      <div>
        <Said text={sentence(problem.message)} />
        {kept && " What you see below is from before."}
        {problem.hint && <div className="small muted"><Said text={sentence(problem.hint)} /></div>}
      </div>
      {retry && <button type="button" onClick={retry}>Try again</button>}
    </div>
  );
}

export function Notice({ kind, children }: { kind: "warn" | "good"; children: ReactNode }) {
  return (
    <div className={`notice ${kind}-line`} role="status">
      <span className={`ink-${kind}`}><Icon name={kind} size={16} /></span>
      <div>{children}</div>
    </div>
  );
}

/** Problems are written lower case without a full stop (style.md); on a page they are sentences. */
export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…`)]$/.test(first) ? first : `${first}.`;
}
