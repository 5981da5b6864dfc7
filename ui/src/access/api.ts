import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, query } from "../api/client";
import type { AuditEntry, Issued, Page, Role, TokenRow } from "../api/shapes";

const PAGE_SIZE = 50;

export const useTokens = () => useQuery({ queryKey: ["tokens"], queryFn: () => call<Page<TokenRow>>("GET", "/api/v1/tokens") });

export function useCreateToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wish: { role: Role; name?: string }) => call<Issued>("POST", "/api/v1/tokens", wish),
    onSettled: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
}

export function useRevokeToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call<unknown>("DELETE", `/api/v1/tokens/${encodeURIComponent(id)}`),
    onSettled: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
}

export const useAudit = () =>
  useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) => call<Page<AuditEntry>>("GET", `/api/v1/audit${query({ cursor: pageParam, limit: PAGE_SIZE })}`),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });
