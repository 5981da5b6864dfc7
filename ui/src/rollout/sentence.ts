import type { Now, ServiceStatus, State } from "../api/shapes";
import { counted, percent, short } from "../look/words";

/** Where the product stands, in one line: the answer of the first page. */
export function standing(now: Now): { state: State; text: string; detail: string | null } {
  const moving = now.services.filter((s) => s.candidate);
  const isAnyLive = now.services.some((s) => s.live);
  const customers = isAnyLive ? `Customers have ${now.services.filter((s) => s.live).map(version).join(" and ")}` : "Customers have nothing yet";
  const detail = moving.length > 0 ? moving.map(onItsWay).join("; ") : null;
  const frozen = now.services.find((s) => s.frozen)?.frozen;
  const open = now.counts.needs_someone;
  if (open > 0) {
    const kind = now.needs_someone.some((a) => a.severity === "bad") ? "bad" : "warn";
    return { state: { kind, word: "Needs someone" }, text: `${counted(open, "thing needs", "things need")} someone. ${customers}`, detail };
  }
  if (frozen) return { state: { kind: "warn", word: "Frozen" }, text: `Deployments are frozen: ${frozen}. ${customers}`, detail };
  if (moving.length > 0) return { state: { kind: "busy", word: "On its way" }, text: moving.map(onItsWay).join("; "), detail: null };
  if (!isAnyLive) return { state: { kind: "plain", word: "Nothing live" }, text: "Nothing is live yet: the first push to trunk is verified, built and deployed", detail: null };
  const onTheWay = now.counts.on_the_way;
  if (onTheWay > 0) return { state: { kind: "busy", word: "On its way" }, text: `${customers}. ${counted(onTheWay, "change is", "changes are")} on the way`, detail };
  return { state: { kind: "good", word: "In sync" }, text: `${customers}: what trunk has`, detail };
}

const version = (s: ServiceStatus) => `${s.service} ${s.live?.number ?? ""} (${short(s.live?.commit ?? "")})`;

function onItsWay(s: ServiceStatus): string {
  const candidate = s.candidate;
  if (!candidate) return version(s);
  const share = candidate.weight > 0 ? `${percent(candidate.weight)} of visitors have ${s.service} ${candidate.number}` : `${s.service} ${candidate.number} is being started`;
  return s.live ? `${share}, the others have ${s.live.number}` : share;
}
