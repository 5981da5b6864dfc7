/** Events in words; pure. */
import { counted } from "../look/words";
import type { Deletion, RecentEvent } from "./shapes";

const SOURCES: Record<string, string> = {
  posthog_v0: "PostHog", posthog_v1: "PostHog v1", segment: "Segment", otlp: "OpenTelemetry", import: "import", edge: "the edge", ofrep: "flag evaluation",
};

export const sourceWord = (source: string): string => SOURCES[source] ?? source;

const ASIDES: Record<string, string> = { synthetic: "a probe did it", bot: "a program did it that says so" };

/** Why an event counts nowhere, or nothing. */
export const asideWord = (event: Pick<RecentEvent, "aside">): string | undefined => (event.aside ? `left out of every metric: ${ASIDES[event.aside] ?? event.aside}` : undefined);

/** Properties as rows, the product's own first; those of SDKs begin with `$`. */
export function propertyRows(properties: Record<string, unknown>): [name: string, value: string][] {
  const rows = Object.entries(properties).map(([name, value]): [string, string] => [name, typeof value === "string" ? value : JSON.stringify(value) ?? ""]);
  return rows.sort(([a], [b]) => Number(a.startsWith("$")) - Number(b.startsWith("$")) || a.localeCompare(b));
}

/** The few properties that fit into a row. */
export function propertyDigest(properties: Record<string, unknown>): string {
  const own = propertyRows(properties).filter(([name]) => !name.startsWith("$"));
  const text = own.slice(0, 4).map(([name, value]) => `${name} ${value.length > 24 ? `${value.slice(0, 23)}…` : value}`).join(" · ");
  return own.length > 4 ? `${text} · ${counted(own.length - 4, "more", "more")}` : text;
}

const CODES: Record<string, string> = {
  too_large: "Larger than is taken", too_deep: "Nested too deeply", invalid_json: "Not readable as JSON", invalid_utf8: "Not UTF-8", missing_event: "Without a name", missing_distinct_id: "Without a person",
  invalid_timestamp: "Without a readable time", too_many_properties: "Too many properties", quota: "Over the quota", not_finite: "A number that is none",
};

export const codeWord = (code: string): string => {
  const text = CODES[code] ?? code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** One term of the filter, in quotes where it has a space. */
export const term = (key: string, value: string): string => `${key}:${/\s/.test(value) ? `"${value}"` : value}`;

/** How far a deletion is; bytes in files go a little later than what answers show. */
export const deletionWords = (deletion: Deletion): string =>
  deletion.done ? "Gone: from every answer and from every file" : `No answer shows it any more; the bytes go from ${counted(deletion.files_left, "more file", "more files")} within the next minutes`;
