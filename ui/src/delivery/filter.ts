import type { DeploymentItem } from "../api/shapes";

const parse = (filter: string) =>
  filter.split(/\s+/).filter(Boolean).map((term) => {
    const colon = term.indexOf(":");
    return colon > 0 && colon < term.length - 1 ? { key: term.slice(0, colon).toLowerCase(), value: term.slice(colon + 1).toLowerCase() } : { key: "", value: term.toLowerCase() };
  });

/** The service that the filter names; the server sorts those out. */
export const serviceOf = (filter: string): string | undefined => parse(filter).find((t) => t.key === "service")?.value;

/** Whether all terms hold. */
export function matches(d: DeploymentItem, filter: string): boolean {
  return parse(filter).every(({ key, value }) => {
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
