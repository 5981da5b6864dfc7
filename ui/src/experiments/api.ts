import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { Choice, ExperimentView } from "./shapes";

/** It is looked at every two seconds; whoever watches need not be that quick. */
const LOOKS_MS = 4000;

export const useExperiments = () => useQuery({ queryKey: ["experiments"], queryFn: () => answer(api.GET("/api/v1/experiments")), refetchInterval: LOOKS_MS });

export const useExperiment = (key: string) => useQuery({ queryKey: ["experiment", key], queryFn: () => answer(api.GET("/api/v1/experiments/{key}", { params: { path: { key } } })), refetchInterval: LOOKS_MS });

export const useLooks = (key: string) => useQuery({ queryKey: ["experiment-looks", key], queryFn: () => answer(api.GET("/api/v1/experiments/{key}/looks", { params: { path: { key } } })), refetchInterval: LOOKS_MS });

/** What was deployed and changed since it began. */
export const useMarksSince = (from: string | undefined) =>
  useQuery({ queryKey: ["marks-since", from], queryFn: () => answer(api.GET("/api/v1/marks", { params: { query: from === undefined ? {} : { from } } })), enabled: from !== undefined, refetchInterval: 15_000 });

export type Act = { verb: "start" | "stop"; reason?: string | undefined } | { verb: "decide"; decision: Choice; reason: string };

function send(key: string, act: Act): Promise<ExperimentView> {
  const experiment = { params: { path: { key } } };
  switch (act.verb) {
    case "start":
      return answer(api.POST("/api/v1/experiments/{key}/start", { ...experiment, body: reasonOf(act) }));
    case "stop":
      return answer(api.POST("/api/v1/experiments/{key}/stop", { ...experiment, body: reasonOf(act) }));
    case "decide":
      return answer(api.POST("/api/v1/experiments/{key}/decide", { ...experiment, body: { decision: act.decision, reason: act.reason } }));
  }
}

const reasonOf = ({ reason }: { reason?: string | undefined }) => (reason === undefined ? {} : { reason });

/** Does something to an experiment; everything on show is asked again after it. */
export function useAct(key: string) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: (act: Act) => send(key, act), onSettled: () => queries.invalidateQueries() });
}
