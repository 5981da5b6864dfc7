import { Confirm, typed } from "../look/Confirm";
import { useVerb } from "./api";

/** Stops new deployments, or lets them begin again. */
export function FreezeButton({ frozen }: { frozen: string | null }) {
  const freeze = useVerb("freeze");
  const unfreeze = useVerb("unfreeze");
  if (frozen !== null) {
    return (
      <Confirm word="Unfreeze deployments" title="Let deployments begin again" sure="Unfreeze" kind="primary" perform={() => unfreeze.mutateAsync({})}>
        <p>Frozen: {frozen}. What was verified meanwhile begins at once, oldest first; each takes its canary.</p>
      </Confirm>
    );
  }
  return (
    <Confirm word="Freeze deployments" title="Freeze deployments" sure="Freeze" reason="required" perform={(values) => freeze.mutateAsync({ reason: typed(values, "reason") ?? "" })}>
      <p>No new deployment of any service begins until somebody unfreezes. Changes are still verified and wait. One that is already in its canary goes on, and a bad one is still rolled back.</p>
      <p className="small muted">Undo: <code>trunkline deploy unfreeze</code></p>
    </Confirm>
  );
}
