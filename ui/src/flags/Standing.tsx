import { Link } from "wouter";
import { useExperiments } from "../experiments/api";
import { Cli } from "../look/Cli";
import { Icon } from "../look/Icon";
import { Said } from "../look/Said";
import { Ago } from "../look/Time";
import { counted } from "../look/words";
import type { FlagView } from "./shapes";

/** What stands over a flag whatever its rules say: a principle that holds it, a verdict that leaves it without a purpose. */
export function Standing({ flag }: { flag: FlagView }) {
  return (
    <>
      {flag.held && <Held held={flag.held} />}
      <Shipped flag={flag} />
    </>
  );
}

function Held({ held }: { held: NonNullable<FlagView["held"]> }) {
  return (
    <div className="notice warn-line" role="status">
      <span className="ink-warn"><Icon name="warn" size={16} /></span>
      <div className="stack-tight">
        <p><strong>Held by a principle</strong> since <Ago at={held.since} />: <Said text={held.why} />.</p>
        <p className="small muted">{held.frozen ? "Customers had it before: it goes on as it was, and no further." : "Only verifiers, testers and the segment internal see it."} <Said text={held.hint} />.</p>
        <p className="small"><Link href="/waivers">Waivers</Link> and <Link href="/principles?q=gate%3Aexposure">principles that hold flags</Link></p>
      </div>
    </div>
  );
}

/** A verdict is followed by the flag; once everybody has the variant, what is left is code that nobody needs. */
function Shipped({ flag }: { flag: FlagView }) {
  const shipped = useExperiments().data?.items.find((e) => e.flag === flag.key && e.state === "decided" && e.verdict?.decision === "ship");
  if (!shipped || flag.state === "archived") return null;
  const isForAll = flag.split.some(({ share }) => share === 1);
  return (
    <div className="notice good-line" role="status">
      <span className="ink-good"><Icon name="good" size={16} /></span>
      <div className="stack-tight">
        <p><strong>Its experiment shipped</strong>: <Link href={`/experiments/${encodeURIComponent(shipped.key)}`}><code>{shipped.key}</code></Link>. {isForAll ? `${flag.owner ?? "Nobody owns it: somebody"} can retire it.` : "Customers are still divided; it is retired once everybody has it."}</p>
        {isForAll && <p className="small muted">{retireWords(flag)}</p>}
        {isForAll && <Cli command={`trunkline flag retire ${flag.key} --reason "${shipped.key} shipped"`} />}
      </div>
    </div>
  );
}

function retireWords({ references, state }: FlagView): string {
  if (state === "retiring") return "Trunk has it no more. The last step:";
  return `Take it out of the code (${references ? counted(references.length, "place") : "where it is read is not known"}) and out of flags/, land that, and then:`;
}
