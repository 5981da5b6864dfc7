import type { State as Shape, StateKind } from "../api/shapes";
import { Icon } from "./Icon";

/** Icon, word and colour; never colour alone. */
export function State({ state }: { state: Shape }) {
  return (
    <span className={`state ${state.kind}`}>
      <Icon name={state.kind} />
      {state.word}
    </span>
  );
}

/** The icon alone in its colour, where the word stands beside it as text. */
export function Mark({ kind, size = 16 }: { kind: StateKind; size?: number }) {
  return (
    <span className={`ink-${kind}`}>
      <Icon name={kind} size={size} />
    </span>
  );
}
