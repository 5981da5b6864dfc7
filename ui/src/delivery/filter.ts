import type { DeploymentItem } from "../api/shapes";
import { matches, oneOf, partOf, termsOf, type Fits } from "../look/terms";

/** The service that the filter names; the server sorts those out. */
export const serviceOf = (filter: string): string | undefined => termsOf(filter).find((t) => t.key === "service")?.value;

export function deploymentMatches(d: DeploymentItem, filter: string): boolean {
  const commit: Fits = (value) => d.commit.startsWith(value);
  const words: Fits = (value) => partOf(d.subject)(value) || commit(value) || String(d.number) === value;
  return matches(filter, { service: oneOf(d.service), phase: oneOf(d.phase), state: partOf(d.state.word), commit, sha: commit }, words);
}
