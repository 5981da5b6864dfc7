/** Notifications in words; pure. */
import type { State } from "../api/shapes";
import { matches, oneOf, partOf } from "../look/terms";
import { ago, duration } from "../look/words";
import type { Attempt, Delivery, Kind, Target, Told } from "./shapes";

const KINDS: Record<Kind, { word: string; path?: string }> = {
  verdict: { word: "verdict", path: "/experiments/" },
  rollback: { word: "rollback", path: "/deployments?q=service:" },
  finding: { word: "finding", path: "/findings/" },
  flag_expiring: { word: "flag expiring", path: "/flags/" },
  ramp_held: { word: "ramp held", path: "/flags/" },
  ramp_turned_back: { word: "ramp turned back", path: "/flags/" },
  deployment_held: { word: "deployment held", path: "/deployments?q=service:" },
  guard_unheeded: { word: "guard unheeded", path: "/deployments?q=service:" },
  test: { word: "test" },
};

export const kindWord = (kind: Kind): string => KINDS[kind].word;

/** Where that is which it tells of. */
export function subjectPath({ kind, subject }: Pick<Told, "kind" | "subject">): string | undefined {
  const path = KINDS[kind].path;
  return path && `${path}${encodeURIComponent(subject)}`;
}

/** Taken, on its way, or not. */
export function deliveryState({ state, attempts }: Pick<Delivery, "state" | "attempts">): State {
  switch (state) {
    case "sent":
      return { kind: "good", word: "Taken" };
    case "given_up":
      return { kind: "bad", word: "Given up" };
    case "sending":
      return { kind: "busy", word: "Sending" };
    case "waiting":
      return attempts.length > 0 ? { kind: "warn", word: "Not taken yet" } : { kind: "busy", word: "Waits" };
  }
}

/** `answered 503 in 0.2 s`, or why no answer came. */
export function attemptWords({ status, error, seconds }: Attempt): string {
  const took = typeof seconds === "number" ? ` in ${duration(seconds)}` : "";
  if (typeof status === "number") return `answered ${status}${took}`;
  return error ?? (took ? `no answer${took}` : "on its way");
}

/** What follows, where something does: `attempt 4 in 18 s: the receiver answered 503`. */
export function followsWords({ state, attempts, next_attempt: next, why }: Delivery, now: number): string | undefined {
  if (state !== "waiting" || !next) return why ?? undefined;
  const when = `attempt ${(attempts.at(-1)?.number ?? 0) + 1} ${Date.parse(next) > now ? ago(Date.parse(next), now) : "now"}`;
  return why ? `${when}: ${why}` : when;
}

/** How it stands with a target, by what it answered last. */
export function targetState({ last, waiting }: Pick<Target, "last" | "waiting">): State {
  if (!last) return { kind: "plain", word: "Nothing sent yet" };
  if (typeof last.status === "number" && last.status >= 200 && last.status < 300) return { kind: "good", word: "Takes them" };
  return typeof last.seconds === "number" || last.error ? { kind: waiting > 0 ? "warn" : "bad", word: "Did not take it" } : { kind: "busy", word: "Sending" };
}

/** Which messages a target gets. */
export const asksWords = ({ domain, events }: Pick<Target, "domain" | "events">): string => `${events.length > 0 ? events.map(kindWord).join(", ") : "everything"}${domain ? ` that ${domain} owns` : ""}`;

/** A message that no target asked for was told to nobody. */
export const toldMatches = ({ kind, subject, sentence, domain, team, deliveries }: Told, filter: string): boolean =>
  matches(filter, { kind: oneOf(kind), domain: oneOf(domain ?? "nobody"), team: oneOf(team), subject: partOf(subject), state: oneOf(...(deliveries.length > 0 ? deliveries.map((d) => d.state) : ["nobody"])) }, partOf(sentence, subject, ...deliveries.map((d) => d.url)));
