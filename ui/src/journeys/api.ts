import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { Outcome } from "./shapes";
import { bounds, trendBy, type Range, type Who } from "./words";

/** Events are counted, not told: what customers do shows within a second while somebody looks. */
const REPORT_MS = 1000;
const SLOW_MS = 10_000;
const PAGE_SIZE = 20;

export const useJourneys = () => useQuery({ queryKey: ["journeys"], queryFn: () => answer(api.GET("/api/v1/journeys")), refetchInterval: SLOW_MS });

export const useJourney = (name: string) => useQuery({ queryKey: ["journey", name], queryFn: () => answer(api.GET("/api/v1/journeys/{name}", { params: { path: { name } } })) });

export const useReport = (name: string, range: Range, by: string, who: Who) =>
  useQuery({
    queryKey: ["report", name, range, by, who],
    queryFn: () => answer(api.GET("/api/v1/journeys/{name}/report", { params: { path: { name }, query: { ...bounds(range, Date.now()), ...(by && { by }), who } } })),
    placeholderData: keepPreviousData,
    refetchInterval: REPORT_MS,
  });

export const useTrend = (name: string, range: Range, who: Who) =>
  useQuery({
    queryKey: ["trend", name, range, who],
    queryFn: () => answer(api.GET("/api/v1/journeys/{name}/trend", { params: { path: { name }, query: { ...bounds(range, Date.now()), by: trendBy(range), who } } })),
    placeholderData: keepPreviousData,
    refetchInterval: SLOW_MS,
  });

export const useMarks = (range: Range) =>
  useQuery({
    queryKey: ["marks", range],
    queryFn: () => answer(api.GET("/api/v1/marks", { params: { query: bounds(range, Date.now()) } })),
    placeholderData: keepPreviousData,
    refetchInterval: SLOW_MS,
  });

export const usePersons = (name: string, range: Range, step: number, outcome: Outcome) =>
  useInfiniteQuery({
    queryKey: ["journey-persons", name, range, step, outcome],
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/journeys/{name}/persons", { params: { path: { name }, query: { ...bounds(range, Date.now()), step, outcome, limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
  });

export const useFeatures = (days: number) =>
  useQuery({ queryKey: ["features", days], queryFn: () => answer(api.GET("/api/v1/features", { params: { query: { days } } })), placeholderData: keepPreviousData, refetchInterval: SLOW_MS });

export const useSuggestions = () => useQuery({ queryKey: ["suggestions"], queryFn: () => answer(api.GET("/api/v1/journeys/suggestions")) });
