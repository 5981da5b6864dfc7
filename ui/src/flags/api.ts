import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, type Page } from "../api/client";
import type { Evaluation, FlagRow, FlagView, Written } from "./shapes";

const PAGE_SIZE = 50;
/** Exposures are counted, not told: they are asked again this often while somebody looks. */
const COUNTS_MS = 5000;

export const useFlags = (filter: string) =>
  useInfiniteQuery({
    queryKey: ["flags", filter],
    queryFn: ({ pageParam }) => call<Page<FlagRow>>("GET", "/api/v1/flags", { query: { q: filter, limit: PAGE_SIZE, cursor: pageParam ?? undefined } }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
    refetchInterval: COUNTS_MS,
  });

const flagPath = (key: string, more = "") => `/api/v1/flags/${encodeURIComponent(key)}${more}`;

export const useFlag = (key: string) => useQuery({ queryKey: ["flag", key], queryFn: () => call<FlagView>("GET", flagPath(key)), refetchInterval: COUNTS_MS });

/** What can be done to a flag; each is one revision and one row of the audit log. */
export type Act =
  | { verb: "kill" | "clear" | "retire"; reason?: string | undefined }
  | { verb: "ramp"; split: Record<string, number>; reason?: string | undefined }
  | { verb: "set"; revision?: number; variant?: string; reason?: string | undefined }
  | { verb: "add tester"; targeting_key: string; variant: string }
  | { verb: "remove tester"; targeting_key: string };

export function send(key: string, act: Act): Promise<Written> {
  switch (act.verb) {
    case "add tester":
      return call("PUT", flagPath(key, `/testers/${encodeURIComponent(act.targeting_key)}`), { body: { variant: act.variant } });
    case "remove tester":
      return call("DELETE", flagPath(key, `/testers/${encodeURIComponent(act.targeting_key)}`));
    default: {
      const { verb, ...body } = act;
      return call("POST", flagPath(key, `/${verb}`), { body });
    }
  }
}

/** Does something to a flag; everything on show is asked again after it. */
export function useAct(key: string) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: (act: Act) => send(key, act), onSettled: () => queries.invalidateQueries() });
}

export const useExplain = (key: string) => useMutation({ mutationFn: (context: unknown) => call<Evaluation>("POST", flagPath(key, "/evaluate"), { body: { context } }) });
