import type { AuditEntry } from "../api/shapes";

/** Whether all terms of a `key:value` filter hold. */
export function matches(entry: AuditEntry, filter: string): boolean {
  const terms = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (value: string | null | undefined) => (value ?? "").toLowerCase();
  return terms.every((term) => {
    const [, key, value = ""] = /^(who|what|subject):(.+)$/.exec(term) ?? [];
    if (key === "who") return text(entry.who).includes(value);
    if (key === "what") return text(entry.what).includes(value);
    if (key === "subject") return text(entry.subject).includes(value);
    return [entry.who, entry.what, entry.subject, entry.why].some((field) => text(field).includes(term));
  });
}
