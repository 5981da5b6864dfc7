import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { NewTarget } from "./shapes";

const PAGE_SIZE = 50;
/** Nothing on the stream tells of a message; what is being sent is seen soon enough. */
const ASK_MS = 5000;

export const useTargets = () => useQuery({ queryKey: ["notification-targets"], queryFn: () => answer(api.GET("/api/v1/notifications/targets")), refetchInterval: ASK_MS });

export const useTold = () =>
  useInfiniteQuery({
    queryKey: ["notifications"],
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/notifications", { params: { query: { ...(pageParam && { cursor: pageParam }), limit: PAGE_SIZE } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    refetchInterval: ASK_MS,
  });

/** Does something with targets; they and the log are asked again after it. */
function useAct<Wish, Answer>(act: (wish: Wish) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: act, onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ["notification-targets"] }), queries.invalidateQueries({ queryKey: ["notifications"] })]) });
}

export const useAdd = () => useAct((wish: NewTarget) => answer(api.POST("/api/v1/notifications/targets", { body: wish })));

export const useTest = () => useAct((id: string) => answer(api.POST("/api/v1/notifications/targets/{id}/test", { params: { path: { id } } })));

export const useRemove = () => useAct((id: string) => answer(api.DELETE("/api/v1/notifications/targets/{id}", { params: { path: { id } } })));
