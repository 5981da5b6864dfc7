import type { DeploymentView } from "../api/shapes";
import { Confirm, typed } from "../look/Confirm";
import { percent, short } from "../look/words";
import { useNowPage } from "../rollout/api";
import { useVerb, type Verb, type Wish } from "./api";
import { actionsOf } from "./deployment";
import { RollBackButton } from "./RollBack";

/** The verbs of a deployment; each says whom it concerns before it does anything. */
export function DeploymentActions({ deployment }: { deployment: DeploymentView }) {
  const waits = useNowPage().data?.needs_someone.some((item) => item.deployment === deployment.number) ?? false;
  return (
    <>
      {actionsOf(deployment, waits).map((action) => {
        if (action === "rollback") return <RollBackButton key={action} deployment={deployment} />;
        return <VerbButton key={action} action={action} deployment={deployment} />;
      })}
    </>
  );
}

interface Words { verb: Verb; word: string; title: string; sure: string; kind: "plain" | "primary"; reason: "required" | "optional"; says: string[]; undo: string }

function VerbButton({ action, deployment }: { action: "promote" | "pause" | "resume" | "release"; deployment: DeploymentView }) {
  const words = wordsOf(action, deployment);
  const verb = useVerb(words.verb);
  const perform = (values: FormData) => {
    const reason = typed(values, "reason");
    const wish: Wish = { service: deployment.service, ...(reason ? { reason } : {}), ...(action === "release" && deployment.phase === "rolled_back" ? { release: deployment.commit } : {}) };
    return verb.mutateAsync(wish);
  };
  return (
    <Confirm word={words.word} title={words.title} sure={words.sure} kind={words.kind} reason={words.reason} perform={perform}>
      <ul className="bullets">{words.says.map((line) => <li key={line}>{line}</li>)}</ul>
      <p className="small muted">Undo: <code>{words.undo}</code></p>
    </Confirm>
  );
}

function wordsOf(action: "promote" | "pause" | "resume" | "release", d: DeploymentView): Words {
  const name = `${d.service} ${d.number}`;
  const others = percent(1 - d.weight);
  switch (action) {
    case "promote":
      return {
        verb: "promote", word: "Promote", title: `Promote ${name}`, sure: "Promote", kind: d.paused ? "plain" : "primary", reason: "required", undo: "trunkline deploy rollback",
        says: [`${others} of visitors who do not have it get it at once; the rest of the canary is left out.`, "Failures are no longer weighed against the old version; only a disaster is rolled back by itself.", "The journeys that guard it are overruled: they go on to look and to tell, and do not take it back."],
      };
    case "pause":
      return {
        verb: "pause", word: "Pause", title: `Pause ${name}`, sure: "Pause", kind: "plain", reason: "optional", undo: "trunkline deploy resume",
        says: [d.weight > 0 ? `It stays at ${percent(d.weight)} of visitors; nobody else gets it.` : "No visitor gets it until somebody resumes it.", "A bad version is still rolled back by itself. Later changes wait."],
      };
    case "resume":
      return {
        verb: "resume", word: "Resume", title: `Resume ${name}`, sure: "Resume", kind: "primary", reason: "optional", undo: "trunkline deploy pause",
        says: [d.weight > 0 ? `It goes on from ${percent(d.weight)} of visitors.` : "It goes on where it was stopped.", "Everything else that was paused, held or failed of this service is let go too."],
      };
    case "release":
      return {
        verb: "resume", word: d.phase === "failed" ? "Try again" : "Release", title: d.phase === "failed" ? `Let ${name} be tried again` : `Release ${short(d.commit)}`, sure: d.phase === "failed" ? "Try again" : "Release", kind: "plain", reason: "required", undo: "trunkline deploy rollback",
        says: [d.phase === "failed" ? `The newest verified change of ${d.service} is deployed again, with its canary.` : `${short(d.commit)} and every change that contains it may be deployed to customers again, each with its canary.`, d.reason ? `It was stopped because: ${d.reason}` : "No reason was recorded when it was stopped."],
      };
  }
}
