import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { Role } from "../api/shapes";

const PAGE_SIZE = 50;

export const useTokens = () => useQuery({ queryKey: ["tokens"], queryFn: () => answer(api.GET("/api/v1/tokens")) });

export function useCreateToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wish: { role: Role; name?: string }) => answer(api.POST("/api/v1/tokens", { body: wish })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
}

export function useRevokeToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
}

export const useAudit = () =>
  useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/audit", { params: { query: { ...(pageParam && { cursor: pageParam }), limit: PAGE_SIZE } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });
