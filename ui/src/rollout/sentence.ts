import type { Now, ServiceStatus, State } from "../api/shapes";
import { counted, percent, short } from "../look/words";

/** Where the product stands, in one line: the answer of the first page. */
export function standing(now: Now): { state: State; text: string; detail: string | null } {
  const moving = now.services.filter((s) => s.candidate);
  const detail = now.counts.on_the_way === 0 ? null : `${counted(now.counts.on_the_way, "change")} between trunk and customers${now.counts.held > 0 ? `, ${now.counts.held} held or stopped` : ""}`;
  if (now.services.every((s) => !s.live)) return { state: nothingLive(moving.length > 0), text: moving.length > 0 ? "The first version is on its way to customers" : "Nothing is live yet", detail };
  if (now.counts.needs_someone > 0) {
    const state: State = { kind: now.needs_someone.some((a) => a.severity === "bad") ? "bad" : "warn", word: "Needs someone" };
    return { state, text: `${now.services.map(live).join("; ")}. ${counted(now.counts.needs_someone, "thing needs", "things need")} someone`, detail };
  }
  if (moving.length > 0) return { state: { kind: "busy", word: "On its way" }, text: moving.map(onItsWay).join("; "), detail };
  if (now.counts.on_the_way > 0) return { state: { kind: "busy", word: "On its way" }, text: `${now.services.map(live).join("; ")}. ${counted(now.counts.on_the_way, "change is", "changes are")} on the way`, detail: null };
  return { state: { kind: "good", word: "In sync" }, text: `Customers have what trunk has: ${now.services.map(version).join(", ")}`, detail };
}

const nothingLive = (isMoving: boolean): State => (isMoving ? { kind: "busy", word: "Starting" } : { kind: "plain", word: "Nothing live" });

const version = (s: ServiceStatus) => (s.live ? `${s.service} ${s.live.number} (${short(s.live.commit)})` : `${s.service} (nothing yet)`);

const live = (s: ServiceStatus) => (s.live ? `${s.service} ${s.live.number} (${short(s.live.commit)}) is live` : `${s.service} is not live yet`);

function onItsWay(s: ServiceStatus): string {
  const candidate = s.candidate;
  if (!candidate) return live(s);
  const share = candidate.weight > 0 ? `${percent(candidate.weight)} of visitors have ${s.service} ${candidate.number}` : `${s.service} ${candidate.number} is being started`;
  return s.live ? `${share}, the others have ${s.live.number}` : share;
}
