import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { FlagView, RampWish, Written } from "./shapes";

const PAGE_SIZE = 50;
/** Exposures are counted, not told: they are asked again this often while somebody looks. */
const COUNTS_MS = 5000;

export const useFlags = (filter: string) =>
  useInfiniteQuery({
    queryKey: ["flags", filter],
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/flags", { params: { query: { ...(filter && { q: filter }), ...(pageParam && { cursor: pageParam }), limit: PAGE_SIZE } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
    refetchInterval: COUNTS_MS,
  });

export const useFlag = (key: string) => useQuery({ queryKey: ["flag", key], queryFn: async () => (await answer(api.GET("/api/v1/flags/{key}", { params: { path: { key } } }))) as FlagView, refetchInterval: COUNTS_MS });

/** What can be done to a flag; each is one revision and one row of the audit log. */
export type Act =
  | { verb: "kill" | "clear" | "retire"; reason?: string | undefined }
  | { verb: "ramp"; split: Record<string, number>; reason?: string | undefined }
  | { verb: "set"; revision: number; reason?: string | undefined }
  | { verb: "add tester"; targeting_key: string; variant: string }
  | { verb: "remove tester"; targeting_key: string };

export function send(key: string, act: Act): Promise<Written> {
  const flag = { params: { path: { key } } };
  const reason = "reason" in act && act.reason !== undefined ? { reason: act.reason } : {};
  switch (act.verb) {
    case "kill":
      return answer(api.POST("/api/v1/flags/{key}/kill", { ...flag, body: reason }));
    case "clear":
      return answer(api.POST("/api/v1/flags/{key}/clear", { ...flag, body: reason }));
    case "retire":
      return answer(api.POST("/api/v1/flags/{key}/retire", { ...flag, body: reason }));
    case "ramp":
      return answer(api.POST("/api/v1/flags/{key}/ramp", { ...flag, body: { split: act.split, ...reason } }));
    case "set":
      return answer(api.POST("/api/v1/flags/{key}/set", { ...flag, body: { revision: act.revision, ...reason } }));
    case "add tester":
      return answer(api.PUT("/api/v1/flags/{key}/testers/{targeting_key}", { ...tester(key, act), body: { variant: act.variant } }));
    case "remove tester":
      return answer(api.DELETE("/api/v1/flags/{key}/testers/{targeting_key}", tester(key, act)));
  }
}

const tester = (key: string, { targeting_key }: { targeting_key: string }) => ({ params: { path: { key, targeting_key } } });

/** Does something to a flag; everything on show is asked again after it. */
export function useAct(key: string) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: (act: Act) => send(key, act), onSettled: () => queries.invalidateQueries() });
}

export const useExplain = (key: string) => useMutation({ mutationFn: (context: Record<string, unknown>) => answer(api.POST("/api/v1/flags/{key}/evaluate", { params: { path: { key } }, body: { context } })) });

/** A guard looks every second or two. */
const RAMPS_MS = 2000;

/** The newest first; one goes on at most. */
export const useRamps = (flag: string) => useQuery({ queryKey: ["ramps", flag], queryFn: () => answer(api.GET("/api/v1/ramps", { params: { query: { flag, limit: 5 } } })), refetchInterval: RAMPS_MS });

export type RampVerb = "pause" | "resume" | "cancel";

export function useRampVerb(number: number) {
  const queries = useQueryClient();
  const params = { path: { number } };
  const send = ({ verb, reason }: { verb: RampVerb; reason: string }) => {
    switch (verb) {
      case "pause":
        return answer(api.POST("/api/v1/ramps/{number}/pause", { params, body: { reason } }));
      case "resume":
        return answer(api.POST("/api/v1/ramps/{number}/resume", { params, body: { reason } }));
      case "cancel":
        return answer(api.POST("/api/v1/ramps/{number}/cancel", { params, body: { reason } }));
    }
  };
  return useMutation({ mutationFn: send, onSettled: () => queries.invalidateQueries() });
}

export function useBeginRamp() {
  const queries = useQueryClient();
  return useMutation({ mutationFn: (wish: RampWish) => answer(api.POST("/api/v1/ramps", { body: wish })), onSettled: () => queries.invalidateQueries() });
}
