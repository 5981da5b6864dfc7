import { useSyncExternalStore } from "react";
import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** How the page hears of what happens: by the stream, by asking again, or not at all. */
export type LinkState = "live" | "connecting" | "polling" | "offline";

export interface Fact { kind: string; id: string }

/** Facts that come together are handled together. */
const GATHER_MS = 200;
/** While the stream is away everything on show is asked again this often. */
const POLL_MS = 3000;
const RETRY_MS = [500, 1000, 2000, 4000];

let state: LinkState = "connecting";
const listeners = new Set<() => void>();

function become(next: LinkState) {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener();
}

export const useLinkState = (): LinkState =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );

/** Queries that a fact may have changed; the first part of a key is its subject. */
export function concerned(fact: Fact): QueryKey[] {
  switch (fact.kind) {
    case "run":
      return [["run", fact.id], ["change"], ["changes"], ["now"]];
    case "deployment":
      return [["deployment", fact.id], ["deployment-log", fact.id], ["deployments"], ["status"], ["change"], ["changes"], ["now"], ["findings"], ["finding"]];
    case "change":
      return [["change"], ["changes"], ["now"], ["status"]];
    case "service":
      return [["status"], ["now"], ["deployments"], ["deployment"]];
    case "flag":
      return [["flag", fact.id], ["flags"], ["marks"], ["change"], ["now"], ["audit"], ["finding"], ["findings"]];
    case "journey":
      return [["journey"], ["journeys"], ["report"], ["suggestions"]];
    case "person":
      return [["person", fact.id], ["events"], ["features"], ["report"]];
    case "secret":
      return [["secrets"], ["audit"]];
    case "repository":
      return [["repositories"], ["now"], ["settings"]];
    default:
      return [["now"]];
  }
}

/** Follows the stream until stopped. What was missed is asked again. */
export function follow(queries: QueryClient, path = "/api/v1/stream"): () => void {
  let source: EventSource | undefined;
  let attempt = 0;
  let retry: number | undefined;
  let gathering: number | undefined;
  const gathered = new Map<string, QueryKey>();

  const again = (key?: QueryKey) => void queries.invalidateQueries(key ? { queryKey: key } : {});
  const flush = () => {
    gathering = undefined;
    for (const key of gathered.values()) again(key);
    gathered.clear();
  };
  const hear = (event: MessageEvent<string>) => {
    for (const key of concerned(JSON.parse(event.data) as Fact)) gathered.set(JSON.stringify(key), key);
    gathering ??= window.setTimeout(flush, GATHER_MS);
  };
  const connect = () => {
    source = new EventSource(path);
    source.addEventListener("open", () => {
      if (attempt > 0) again();
      attempt = 0;
      become("live");
    });
    source.addEventListener("fact", hear);
    source.addEventListener("missed", () => again());
    source.addEventListener("error", () => {
      source?.close();
      if (state !== "offline") become(navigator.onLine ? "polling" : "offline");
      retry = window.setTimeout(connect, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
      attempt += 1;
    });
  };
  const poll = window.setInterval(() => {
    if (state !== "live" && document.visibilityState === "visible") again();
  }, POLL_MS);

  connect();
  return () => {
    source?.close();
    window.clearInterval(poll);
    window.clearTimeout(retry);
    window.clearTimeout(gathering);
  };
}

/** The server was asked and did not answer, or does again. */
export function noteReachable(isReachable: boolean): void {
  if (!isReachable) become("offline");
  else if (state === "offline") become("polling");
}
