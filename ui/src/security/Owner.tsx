import { Link } from "wouter";
import { NOBODY } from "./words";

/** Whose a finding is, with the way to it. */
export function Owner({ domain }: { domain: string | null | undefined }) {
  return domain ? <Link href={`/domains/${encodeURIComponent(domain)}`}>{domain}</Link> : <span className="muted">{NOBODY}</span>;
}
