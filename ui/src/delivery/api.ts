import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, query } from "../api/client";
import type { DeploymentItem, DeploymentView, Page, RepositoryView, RunView, SecretName, Status } from "../api/shapes";

const PAGE_SIZE = 30;
/** Counts of a canary are asked again this often while somebody looks. */
const HEALTH_MS = 2000;
const MOVING = ["queued", "verifying", "probing", "canary", "rolling_back"];

export const isMoving = (phase: string): boolean => MOVING.includes(phase);

export const useRun = (id: string) => useQuery({ queryKey: ["run", id], queryFn: () => call<RunView>("GET", `/api/v1/runs/${encodeURIComponent(id)}`) });

export const useStatus = () => useQuery({ queryKey: ["status"], queryFn: () => call<Status>("GET", "/api/v1/deploy/status") });

export const useDeployments = (service: string) =>
  useInfiniteQuery({
    queryKey: ["deployments", service],
    queryFn: ({ pageParam }) => call<Page<DeploymentItem>>("GET", `/api/v1/deployments${query({ service, cursor: pageParam, limit: PAGE_SIZE })}`),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
  });

export const useDeployment = (number: string) =>
  useQuery({
    queryKey: ["deployment", number],
    queryFn: () => call<DeploymentView>("GET", `/api/v1/deployments/${encodeURIComponent(number)}`),
    refetchInterval: (state) => (state.state.data && isMoving(state.state.data.phase) ? HEALTH_MS : false),
  });

export const useDeploymentLog = (number: string, isRunning: boolean) =>
  useQuery({
    queryKey: ["deployment-log", number],
    queryFn: () => call<string>("GET", `/api/v1/deployments/${encodeURIComponent(number)}/log${query({ lines: 300 })}`),
    refetchInterval: isRunning ? HEALTH_MS : false,
  });

export const useRepositories = () => useQuery({ queryKey: ["repositories"], queryFn: () => call<Page<RepositoryView>>("GET", "/api/v1/repositories") });

export const useSecrets = () => useQuery({ queryKey: ["secrets"], queryFn: () => call<Page<SecretName>>("GET", "/api/v1/secrets") });

export type Verb = "rollback" | "promote" | "pause" | "resume" | "freeze" | "unfreeze";
export interface Wish { service?: string; reason?: string; to?: number; release?: string }

/** Does something to deployments; everything on show is asked again after it. */
export function useVerb(verb: Verb) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wish: Wish) => call<unknown>("POST", `/api/v1/deploy/${verb}`, verb === "unfreeze" ? undefined : wish),
    onSettled: () => queries.invalidateQueries(),
  });
}

export function useCancelRun(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => call<unknown>("POST", `/api/v1/runs/${encodeURIComponent(id)}/cancel`),
    onSettled: () => queries.invalidateQueries({ queryKey: ["run", id] }),
  });
}
