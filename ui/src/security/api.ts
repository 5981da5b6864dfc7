import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";

/** Advisories come at any time, and nobody tells the page. */
const FEED_MS = 5000;

export const useFindings = () => useQuery({ queryKey: ["findings"], queryFn: () => answer(api.GET("/api/v1/findings")), refetchInterval: FEED_MS });

/** By its key or an advisory's id. */
export const useFinding = (id: string) => useQuery({ queryKey: ["finding", id], queryFn: () => answer(api.GET("/api/v1/findings/{id}", { params: { path: { id } } })), refetchInterval: FEED_MS });

export const useAdvisories = () => useQuery({ queryKey: ["advisories"], queryFn: () => answer(api.GET("/api/v1/advisories")), refetchInterval: FEED_MS });

/** Turns off the flag of the change that brought a finding; everything on show is asked again after it. */
export function useKill(key: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reason: string | undefined) => answer(api.POST("/api/v1/findings/{id}/kill", { params: { path: { id: key } }, body: reason === undefined ? {} : { reason } })),
    onSettled: () => queries.invalidateQueries(),
  });
}
