import type { DeploymentItem } from "../api/shapes";
import { termsOf } from "../look/terms";

/** The service that the filter names; the server sorts those out. */
export const serviceOf = (filter: string): string | undefined => termsOf(filter).find((t) => t.key === "service")?.value;

/** Whether all terms hold. */
export function matches(d: DeploymentItem, filter: string): boolean {
  return termsOf(filter).every(({ key, value }) => {
    switch (key) {
      case "service":
        return d.service.toLowerCase() === value;
      case "phase":
        return d.phase === value;
      case "state":
        return d.state.word.toLowerCase().includes(value);
      case "commit":
      case "sha":
        return d.commit.startsWith(value);
      case "":
        return d.subject.toLowerCase().includes(value) || d.commit.startsWith(value) || String(d.number) === value;
      default:
        return false;
    }
  });
}
