import type { State, StateKind } from "../api/shapes";

const KINDS: Record<string, StateKind> = {
  queued: "plain", running: "busy", passed: "good", failed: "bad", timed_out: "bad", cancelled: "plain", skipped: "plain",
  starting: "busy", healthy: "good", unhealthy: "bad", exited: "bad", draining: "busy", stopped: "plain",
};

/** The state of a run, a step, a check or an instance, from its word on the wire. */
export function stateOf(word: string): State {
  const text = word.replaceAll("_", " ");
  return { kind: KINDS[word] ?? "plain", word: text.charAt(0).toUpperCase() + text.slice(1) };
}
