import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, type Page } from "../api/client";
import type { Deletion, PersonView, RecentEvent, Rejections } from "./shapes";

/** Events are not told one by one: they are asked for this often while somebody looks. */
const LIVE_MS = 1000;
const SLOW_MS = 5000;
export const EVENTS_SHOWN = 100;

export const useEvents = (filter: string, isPaused: boolean, limit = EVENTS_SHOWN) =>
  useQuery({
    queryKey: ["events", filter, limit],
    queryFn: () => call<Page<RecentEvent>>("GET", "/api/v1/events", { query: { q: filter, limit } }),
    placeholderData: keepPreviousData,
    refetchInterval: isPaused ? false : LIVE_MS,
    // What is paused stands still, also when the page is asked again for another reason.
    enabled: (query) => !isPaused || query.state.data === undefined,
  });

export const useRejections = () => useQuery({ queryKey: ["rejections"], queryFn: () => call<Rejections>("GET", "/api/v1/events/rejections", { query: { limit: EVENTS_SHOWN } }), refetchInterval: SLOW_MS });

const path = (id: string, more = "") => `/api/v1/persons/${encodeURIComponent(id)}${more}`;

export const exportHref = (id: string): string => path(id, "/export");

export const usePerson = (id: string) => useQuery({ queryKey: ["person", id], queryFn: () => call<PersonView>("GET", path(id)), refetchInterval: SLOW_MS });

export function useDeletePerson(id: string) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: () => call<Deletion>("DELETE", path(id)), onSettled: () => queries.invalidateQueries() });
}
