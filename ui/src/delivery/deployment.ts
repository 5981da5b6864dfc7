import type { DeploymentView } from "../api/shapes";
import { percent } from "../look/words";

/** Who has it and why, in a sentence. */
export function deploymentSentence(d: DeploymentView): string {
  const old = d.replaces ? `deployment ${d.replaces}` : "the version before";
  switch (d.phase) {
    case "queued":
      return "It waits for its turn; no customer has it";
    case "probing":
      return `It runs in the dark, where a verifier walks the journeys${d.paused ? "; a person paused it" : ""}; no customer has it yet`;
    case "verifying":
      return `It is being prepared beside ${d.replaces ? old : "nothing: it is the first"}; no customer has it yet`;
    case "canary":
      return `${percent(d.weight)} of visitors have it, the others have ${old}${d.paused ? "; a person paused it" : ""}`;
    case "live":
      return "All visitors have it";
    case "superseded":
      return "Customers had it; a newer one is live since";
    case "rolling_back":
      return because("It is being taken back", d.reason);
    case "rolled_back":
      return because("It was taken back", d.reason);
    case "failed":
      return because("It never had customers", d.reason);
    default:
      return d.state.word;
  }
}

/** What a person did is recorded as `taken back by …` and needs no second verb. */
function because(what: string, reason: string | null | undefined): string {
  if (reason?.startsWith("taken back by ")) return `It was ${reason}`;
  return `${what}: ${reason ?? "no reason was recorded"}`;
}

/** What a person may do with it now; one that was stopped can be let go while it waits for someone. */
export function actionsOf(d: { phase: string; paused: boolean }, waits: boolean): ("promote" | "pause" | "resume" | "release" | "rollback")[] {
  switch (d.phase) {
    case "queued":
      return d.paused ? ["resume"] : ["pause"];
    case "verifying":
    case "probing":
    case "canary":
      return d.paused ? ["resume", "promote", "rollback"] : ["pause", "promote", "rollback"];
    case "live":
      return ["rollback"];
    case "rolled_back":
    case "failed":
      return waits ? ["release"] : [];
    default:
      return [];
  }
}
