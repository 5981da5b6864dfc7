import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { WaiverWish } from "./shapes";

/** It changes with a commit or a person's word; whoever watches sees it soon enough. */
const ASK_MS = 10_000;

export const useDomains = () => useQuery({ queryKey: ["domains"], queryFn: () => answer(api.GET("/api/v1/domains")), refetchInterval: ASK_MS });

export const useDomain = (key: string) => useQuery({ queryKey: ["domain", key], queryFn: () => answer(api.GET("/api/v1/domains/{key}", { params: { path: { key } } })), refetchInterval: ASK_MS });

export const usePrinciples = () => useQuery({ queryKey: ["principles"], queryFn: () => answer(api.GET("/api/v1/principles")), refetchInterval: ASK_MS });

export const usePrinciple = (key: string) => useQuery({ queryKey: ["principle", key], queryFn: () => answer(api.GET("/api/v1/principles/{key}", { params: { path: { key } } })), refetchInterval: ASK_MS });

export const useWaivers = () => useQuery({ queryKey: ["waivers"], queryFn: () => answer(api.GET("/api/v1/waivers")), refetchInterval: ASK_MS });

/** What a person can say about principles and waivers; each is one row of the audit log. */
export type Word =
  | { verb: "agree" | "withdraw"; principle: string }
  | { verb: "ask"; wish: WaiverWish }
  | { verb: "approve" | "end"; waiver: number; reason?: string | undefined };

function send(word: Word): Promise<unknown> {
  switch (word.verb) {
    case "agree":
      return answer(api.PUT("/api/v1/principles/{key}/agreement", { params: { path: { key: word.principle } } }));
    case "withdraw":
      return answer(api.DELETE("/api/v1/principles/{key}/agreement", { params: { path: { key: word.principle } } }));
    case "ask":
      return answer(api.POST("/api/v1/waivers", { body: word.wish }));
    case "approve":
      return answer(api.POST("/api/v1/waivers/{number}/approve", decision(word)));
    case "end":
      return answer(api.POST("/api/v1/waivers/{number}/end", decision(word)));
  }
}

const decision = ({ waiver, reason }: { waiver: number; reason?: string | undefined }) => ({ params: { path: { number: waiver } }, body: reason === undefined ? {} : { reason } });

/** Says it; everything on show is asked again after it. */
export function useSay() {
  const queries = useQueryClient();
  return useMutation({ mutationFn: send, onSettled: () => queries.invalidateQueries() });
}
