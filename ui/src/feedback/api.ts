import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { Given } from "./shapes";

const PAGE_SIZE = 30;
/** As many stand on the page of what they are about. */
const SHORT = 5;
const ASK_MS = 5000;

const list = (filter: string, limit: number, cursor: string | null) => answer(api.GET("/api/v1/feedback", { params: { query: { ...(filter && { q: filter }), ...(cursor && { cursor }), limit } } }));

export const useFeedback = (filter: string) =>
  useInfiniteQuery({
    queryKey: ["feedback", filter],
    queryFn: ({ pageParam }) => list(filter, PAGE_SIZE, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
    refetchInterval: ASK_MS,
  });

/** The newest of it. */
export const useNewest = (filter: string) => useQuery({ queryKey: ["feedback-short", filter], queryFn: () => list(filter, SHORT, null), refetchInterval: ASK_MS });

export const useSurveys = () => useQuery({ queryKey: ["surveys"], queryFn: () => answer(api.GET("/api/v1/surveys")), refetchInterval: ASK_MS });

/** Under the same id it is taken once, however often it is sent. */
export function useWriteDown() {
  const queries = useQueryClient();
  return useMutation({ mutationFn: ({ id, given }: { id: string; given: Given }) => answer(api.PUT("/api/v1/feedback/{id}", { params: { path: { id } }, body: given })), onSettled: () => queries.invalidateQueries() });
}

export function useTag() {
  const queries = useQueryClient();
  return useMutation({ mutationFn: ({ id, tags }: { id: string; tags: string[] }) => answer(api.PUT("/api/v1/feedback/{id}/tags", { params: { path: { id } }, body: { tags } })), onSettled: () => queries.invalidateQueries() });
}
