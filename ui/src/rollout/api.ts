import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { call, query } from "../api/client";
import type { ChangeRow, Lineage, Now, Page } from "../api/shapes";

/** Traffic is counted, not told: it is asked again this often while somebody looks. */
const TRAFFIC_MS = 5000;
const PAGE_SIZE = 30;

export const useNowPage = () => useQuery({ queryKey: ["now"], queryFn: () => call<Now>("GET", "/api/v1/now"), refetchInterval: TRAFFIC_MS });

export const useChanges = (filter: string) =>
  useInfiniteQuery({
    queryKey: ["changes", filter],
    queryFn: ({ pageParam }) => call<Page<ChangeRow>>("GET", `/api/v1/changes${query({ q: filter, cursor: pageParam, limit: PAGE_SIZE })}`),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
  });

export const useChange = (sha: string) =>
  useQuery({ queryKey: ["change", sha], queryFn: () => call<Lineage>("GET", `/api/v1/changes/${encodeURIComponent(sha)}`) });
