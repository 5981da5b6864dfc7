import { useDeployment } from "../delivery/api";
import { RollBackButton } from "../delivery/RollBack";
import { useFlag } from "../flags/api";
import type { FlagView } from "../flags/shapes";
import { blastWords } from "../flags/words";
import { Confirm, typed } from "../look/Confirm";
import { Skeleton } from "../look/Loading";
import { useKill } from "./api";
import type { Finding } from "./shapes";
import { waysOf } from "./words";

/** What was killed, and the revision to go back to. */
export interface Killed { flag: string; revision: number }

interface Props { finding: Finding; done: (killed: Killed) => void }

/** What can be done now, the smallest first; each shows whom it concerns. */
export function FindingActions({ finding, done }: Props) {
  const { kill, back } = waysOf(finding.actions);
  return (
    <>
      {kill && finding.flag && <Kill finding={finding} flagKey={finding.flag.key} done={done} />}
      {back !== undefined && finding.deployments[0] !== undefined && <TakeBack from={finding.deployments[0]} to={back} />}
    </>
  );
}

function Kill({ finding, flagKey, done }: Props & { flagKey: string }) {
  const kill = useKill(finding.key);
  const flag = useFlag(flagKey).data;
  const perform = async (values: FormData) => {
    await kill.mutateAsync(typed(values, "reason"));
    if (flag) done({ flag: flagKey, revision: flag.revision });
  };
  return (
    <Confirm word={`Kill ${flagKey}`} kind="danger" title={`Kill ${flagKey}`} sure="Kill" reason="optional" perform={perform}>
      {flag ? <Blast flag={flag} finding={finding} /> : <Skeleton lines={4} />}
      <p className="small muted">Same: <code>trunkline finding kill {finding.key}</code></p>
      {flag && <p className="small muted">Undo: <code>trunkline flag set {flagKey} --revision {flag.revision}</code></p>}
    </Confirm>
  );
}

function Blast({ flag, finding }: { flag: FlagView; finding: Finding }) {
  const says = [
    ...blastWords(flag),
    `Everybody gets ${flag.off_variant ? `“${flag.off_variant}”` : "the value in the code"} with the next evaluation, testers too.`,
    `${finding.package} ${finding.version} stays deployed: code that the flag does not stand before may still use it.`,
  ];
  return <ul className="bullets">{says.map((line) => <li key={line}>{line}</li>)}</ul>;
}

/** The newest earlier version of its service that is known to be without it. */
function TakeBack({ from, to }: { from: number; to: number }) {
  const deployment = useDeployment(String(from)).data;
  return deployment ? <RollBackButton deployment={deployment} to={to} /> : null;
}
