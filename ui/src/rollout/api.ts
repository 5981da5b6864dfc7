import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { Lineage } from "../api/shapes";

/** Traffic is counted, not told: it is asked again this often while somebody looks. */
const TRAFFIC_MS = 5000;
const PAGE_SIZE = 30;

export const useNowPage = () => useQuery({ queryKey: ["now"], queryFn: () => answer(api.GET("/api/v1/now")), refetchInterval: TRAFFIC_MS });

export const useChanges = (filter: string) =>
  useInfiniteQuery({
    queryKey: ["changes", filter],
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/changes", { params: { query: { q: filter, ...(pageParam && { cursor: pageParam }), limit: PAGE_SIZE } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
  });

export const useChange = (sha: string) =>
  useQuery({ queryKey: ["change", sha], queryFn: async () => (await answer(api.GET("/api/v1/changes/{sha}", { params: { path: { sha } } }))) as Lineage });
