import type { AuditEntry } from "../api/shapes";
import { matches, partOf } from "../look/terms";

export const auditMatches = ({ who, what, subject, why }: AuditEntry, filter: string): boolean =>
  matches(filter, { who: partOf(who), what: partOf(what), subject: partOf(subject) }, partOf(who, what, subject, why));
