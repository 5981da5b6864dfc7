import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { RecentEvent } from "./shapes";

/** Events are not told one by one: they are asked for this often while somebody looks. */
const LIVE_MS = 1000;
const SLOW_MS = 5000;
export const EVENTS_SHOWN = 100;

export const useEvents = (filter: string, isPaused: boolean, limit = EVENTS_SHOWN) =>
  useQuery({
    queryKey: ["events", filter, limit],
    queryFn: async () => (await answer(api.GET("/api/v1/events", { params: { query: { ...(filter && { q: filter }), limit } } }))) as { items: RecentEvent[] },
    placeholderData: keepPreviousData,
    refetchInterval: isPaused ? false : LIVE_MS,
    // What is paused stands still, also when the page is asked again for another reason.
    enabled: (query) => !isPaused || query.state.data === undefined,
  });

export const useRejections = () => useQuery({ queryKey: ["rejections"], queryFn: () => answer(api.GET("/api/v1/events/rejections", { params: { query: { limit: EVENTS_SHOWN } } })), refetchInterval: SLOW_MS });

export const exportHref = (id: string): string => `/api/v1/persons/${encodeURIComponent(id)}/export`;

export const usePerson = (id: string) => useQuery({ queryKey: ["person", id], queryFn: () => answer(api.GET("/api/v1/persons/{id}", { params: { path: { id } } })), refetchInterval: SLOW_MS });

export function useDeletePerson(id: string) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: () => answer(api.DELETE("/api/v1/persons/{id}", { params: { path: { id } } })), onSettled: () => queries.invalidateQueries() });
}
