import type { State } from "../api/shapes";

/** How the dark verification stands, in a state and a sentence; nothing where there was none. `delivery::Outcome` on the wire. */
export function probeOf(phase: string, outcome: unknown): { state: State; text: string } | undefined {
  const fields = typeof outcome === "object" && outcome !== null ? (outcome as Record<string, unknown>) : {};
  const text = (name: string) => (typeof fields[name] === "string" ? fields[name] : undefined);
  if (outcome === null || outcome === undefined) {
    return phase === "probing" ? { state: { kind: "busy", word: "Probing" }, text: "A verifier walks the journeys with the change's flags on. No customer is routed to it, and nothing of it counts in a metric." } : undefined;
  }
  const why = text("why");
  if (why !== undefined) return { state: { kind: "bad", word: "Failed" }, text: `${why}. No customer saw it.` };
  const sentence = text("sentence");
  if (sentence !== undefined) return { state: { kind: "dark", word: "Passed in the dark" }, text: sentence };
  return { state: { kind: "plain", word: "Nothing to probe" }, text: "No journey of the product names a probe. `probe: node probes/checkout.mjs` in a journey has it walked before every deployment." };
}
