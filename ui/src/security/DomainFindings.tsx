import { Link } from "wouter";
import { Card } from "../look/Card";
import { ProblemNotice } from "../look/Notice";
import { useFindings } from "./api";
import { FindingTable } from "./FindingTable";
import { inOrder } from "./words";

/** Open findings in what a domain owns. */
export function DomainFindings({ domain }: { domain: string }) {
  const query = useFindings();
  const page = query.data;
  const rows = page && inOrder(page.items.filter((finding) => finding.state === "open" && finding.owner === domain));
  const isKnown = (page?.advisories.count ?? 0) > 0;
  return (
    <Card title="Vulnerabilities in what it owns" note={<Link href={`/security?q=${encodeURIComponent(`domain:${domain}`)}`}>closed ones too</Link>}>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={page !== undefined} />}
      {!(query.isError && !page) && <FindingTable rows={rows} empty={<p>{isKnown ? "No finding that is open is this domain's." : "Nobody can tell without advisories."}</p>} />}
    </Card>
  );
}
