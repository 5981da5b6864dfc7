import type { DeploymentView } from "../api/shapes";
import { percent } from "../look/words";

/** Who has it and why, in a sentence. */
export function deploymentSentence(d: DeploymentView): string {
  const old = d.replaces ? `deployment ${d.replaces}` : "the version before";
  switch (d.phase) {
    case "queued":
      return "It waits for its turn; no customer has it";
    case "verifying":
    case "probing":
      return `It is being prepared beside ${d.replaces ? old : "nothing: it is the first"}; no customer has it yet`;
    case "canary":
      return `${percent(d.weight)} of visitors have it, the others have ${old}${d.paused ? "; a person paused it" : ""}`;
    case "live":
      return "All visitors have it";
    case "superseded":
      return "Customers had it; a newer one is live since";
    case "rolling_back":
      return `It is being taken back: ${d.reason ?? "no reason was recorded"}`;
    case "rolled_back":
      return `It was taken back: ${d.reason ?? "no reason was recorded"}`;
    case "failed":
      return `It never had customers: ${d.reason ?? "no reason was recorded"}`;
    default:
      return d.state.word;
  }
}

/** What a person may do with it now. */
export function actionsOf(d: { phase: string; paused: boolean }): ("promote" | "pause" | "resume" | "release" | "rollback")[] {
  switch (d.phase) {
    case "queued":
      return d.paused ? ["resume"] : ["pause"];
    case "verifying":
    case "canary":
      return d.paused ? ["resume", "promote", "rollback"] : ["pause", "promote", "rollback"];
    case "live":
      return ["rollback"];
    case "rolled_back":
    case "failed":
      return ["release"];
    default:
      return [];
  }
}
