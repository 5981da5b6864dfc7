import { Link } from "wouter";
import { Card } from "../look/Card";
import { ProblemNotice } from "../look/Notice";
import { useFindings } from "./api";
import { FindingTable } from "./FindingTable";
import type { FindingPage } from "./shapes";
import { inOrder } from "./words";

/** That there is none says only what is known. */
function nothing(page: FindingPage | undefined): string {
  if (!page || page.advisories.count === 0) return "Nobody can tell without advisories.";
  if (page.unknown.length > 0 || page.advisories.stale) return "None that is known of; not everything is, as the page of all findings says.";
  return "No finding that is open is this domain's.";
}

/** Open findings in what a domain owns. */
export function DomainFindings({ domain }: { domain: string }) {
  const query = useFindings();
  const page = query.data;
  const rows = page && inOrder(page.items.filter((finding) => finding.state === "open" && finding.owner === domain));
  return (
    <Card title="Vulnerabilities in what it owns" note={<Link href={`/security?q=${encodeURIComponent(`domain:${domain}`)}`}>closed ones too</Link>}>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={page !== undefined} />}
      {!(query.isError && !page) && <FindingTable rows={rows} empty={<p>{nothing(page)}</p>} />}
    </Card>
  );
}
