import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { call, type Page } from "../api/client";
import type { Feature, JourneyRow, JourneyView, Outcome, PersonRow, ProductMark, Report, Suggestion, TrendView } from "./shapes";
import { bounds, trendBy, type Range, type Who } from "./words";

/** Events are counted, not told: what customers do shows within a second while somebody looks. */
const REPORT_MS = 1000;
const SLOW_MS = 10_000;
const PAGE_SIZE = 50;

const path = (name: string, more = "") => `/api/v1/journeys/${encodeURIComponent(name)}${more}`;

export const useJourneys = () => useQuery({ queryKey: ["journeys"], queryFn: () => call<Page<JourneyRow>>("GET", "/api/v1/journeys"), refetchInterval: SLOW_MS });

export const useJourney = (name: string) => useQuery({ queryKey: ["journey", name], queryFn: () => call<JourneyView>("GET", path(name)) });

export const useReport = (name: string, range: Range, by: string, who: Who) =>
  useQuery({
    queryKey: ["report", name, range, by, who],
    queryFn: () => call<Report>("GET", path(name, "/report"), { query: { ...bounds(range, Date.now()), by, who } }),
    placeholderData: keepPreviousData,
    refetchInterval: REPORT_MS,
  });

export const useTrend = (name: string, range: Range, who: Who) =>
  useQuery({
    queryKey: ["trend", name, range, who],
    queryFn: () => call<TrendView>("GET", path(name, "/trend"), { query: { ...bounds(range, Date.now()), by: trendBy(range), who } }),
    placeholderData: keepPreviousData,
    refetchInterval: SLOW_MS,
  });

export const useMarks = (range: Range) =>
  useQuery({
    queryKey: ["marks", range],
    queryFn: () => call<Page<ProductMark>>("GET", "/api/v1/marks", { query: { ...bounds(range, Date.now()) } }),
    placeholderData: keepPreviousData,
    refetchInterval: SLOW_MS,
  });

export const usePersons = (name: string, range: Range, step: number, outcome: Outcome) =>
  useInfiniteQuery({
    queryKey: ["journey-persons", name, range, step, outcome],
    queryFn: ({ pageParam }) => call<Page<PersonRow>>("GET", path(name, "/persons"), { query: { ...bounds(range, Date.now()), step, outcome, limit: PAGE_SIZE, cursor: pageParam ?? undefined } }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
  });

export const useFeatures = (days: number) =>
  useQuery({ queryKey: ["features", days], queryFn: () => call<Page<Feature>>("GET", "/api/v1/features", { query: { days } }), placeholderData: keepPreviousData, refetchInterval: SLOW_MS });

export const useSuggestions = () => useQuery({ queryKey: ["suggestions"], queryFn: () => call<Page<Suggestion>>("GET", "/api/v1/journeys/suggestions") });
