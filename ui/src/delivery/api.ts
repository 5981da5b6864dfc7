import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { DeploymentView, RunView } from "../api/shapes";

const PAGE_SIZE = 30;
export const LOG_LINES = 300;
/** Counts of a canary are asked again this often while somebody looks. */
const HEALTH_MS = 2000;
const MOVING = ["queued", "verifying", "probing", "canary", "rolling_back"];

export const isMoving = (phase: string): boolean => MOVING.includes(phase);

export const useRun = (id: string) => useQuery({ queryKey: ["run", id], queryFn: async () => (await answer(api.GET("/api/v1/runs/{id}", { params: { path: { id } } }))) as RunView });

export const useStatus = () => useQuery({ queryKey: ["status"], queryFn: () => answer(api.GET("/api/v1/deploy/status")) });

export const useDeployments = (service: string) =>
  useInfiniteQuery({
    queryKey: ["deployments", service],
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/deployments", { params: { query: { ...(service && { service }), ...(pageParam && { cursor: pageParam }), limit: PAGE_SIZE } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
  });

export const useDeployment = (number: string) =>
  useQuery({
    queryKey: ["deployment", number],
    queryFn: async () => (await answer(api.GET("/api/v1/deployments/{number}", { params: { path: { number: Number(number) } } }))) as DeploymentView,
    refetchInterval: (state) => (state.state.data && isMoving(state.state.data.phase) ? HEALTH_MS : false),
  });

export const useDeploymentLog = (number: string, isRunning: boolean) =>
  useQuery({
    queryKey: ["deployment-log", number],
    // A body without a byte is a log without a line.
    queryFn: async () => (await answer(api.GET("/api/v1/deployments/{number}/log", { params: { path: { number: Number(number) }, query: { lines: LOG_LINES } }, parseAs: "text" }))) ?? "",
    refetchInterval: isRunning ? HEALTH_MS : false,
  });

/** Where what is deployed comes from. */
export const useProvenance = (number: number) =>
  useQuery({ queryKey: ["deployment", String(number), "provenance"], queryFn: () => answer(api.GET("/api/v1/deployments/{number}/provenance", { params: { path: { number } } })), retry: false });

/** DORA's figures of every service, of a window and of those of the same length before it. */
export const useDora = (window: { from: string; to: string }, windows: number) =>
  useQuery({ queryKey: ["dora", window.from, window.to, windows], queryFn: () => answer(api.GET("/api/v1/deploy/dora", { params: { query: { ...window, windows } } })) });

export const useRepositories = () => useQuery({ queryKey: ["repositories"], queryFn: () => answer(api.GET("/api/v1/repositories")) });

export const useSecrets = () => useQuery({ queryKey: ["secrets"], queryFn: () => answer(api.GET("/api/v1/secrets")) });

export interface Wish { service?: string; reason?: string; to?: number; release?: string }

const VERBS = {
  rollback: (body: Wish) => answer(api.POST("/api/v1/deploy/rollback", { body })),
  promote: (body: Wish) => answer(api.POST("/api/v1/deploy/promote", { body })),
  pause: (body: Wish) => answer(api.POST("/api/v1/deploy/pause", { body })),
  resume: (body: Wish) => answer(api.POST("/api/v1/deploy/resume", { body })),
  freeze: (wish: Wish) => answer(api.POST("/api/v1/deploy/freeze", { body: { reason: wish.reason ?? "" } })),
  unfreeze: () => answer(api.POST("/api/v1/deploy/unfreeze")),
};

export type Verb = keyof typeof VERBS;

/** Does something to deployments; everything on show is asked again after it. */
export function useVerb(verb: Verb) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (wish: Wish): Promise<unknown> => VERBS[verb](wish),
    onSettled: () => queries.invalidateQueries(),
  });
}

export function useCancelRun(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.POST("/api/v1/runs/{id}/cancel", { params: { path: { id } }, parseAs: "text" })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["run", id] }),
  });
}
