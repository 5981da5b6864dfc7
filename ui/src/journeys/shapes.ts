/** Shapes of the journeys API (contracts.md, `journey report`), as `crates/journeys` answers. */
import type { Quantiles } from "../charts/spread";
import type { TrendPoint } from "../charts/trend";

export type Order = "ordered" | "strict" | "any";

export interface StepDefinition { name: string; event: string; where?: Record<string, unknown> | null }

export interface JourneyRow {
  journey: string;
  domain?: string | null;
  within_seconds: number;
  order: Order;
  /** Names of the steps. */
  steps: string[];
  stage?: "dark" | "live";
  /** Of the last days. */
  figures?: { entered: number; converted: number; pending: number; rate?: number | null } | null;
}

export interface JourneyView {
  journey: string;
  domain?: string | null;
  within_seconds: number;
  order: Order;
  steps: StepDefinition[];
  probe?: string | null;
  stage?: "dark" | "live";
  file?: string;
  commit?: string;
  retired?: string | null;
}

/** One step of a report. */
export interface StepReport { name: string; persons: number; from_previous?: number | null; seconds_from_previous?: Quantiles | null }

/** Persons of one value; `null` are those of whom it is not known. */
export interface Group { value: string | null; is_rest?: boolean; steps: StepReport[]; pending_persons: number }

/** How many converted within a time and not within the one before. */
export interface Bin { to_seconds: number; persons: number }

export interface Report {
  journey: string;
  from?: string | null;
  to?: string | null;
  by?: string | null;
  steps: StepReport[];
  pending_persons: number;
  breakdown: Group[];
  /** Time from the first step to the last. */
  histogram?: Bin[];
  /** Of those who entered, the share whose release, variant or property nobody can tell. */
  unjoined_share?: number | null;
  synthetic_persons?: number | null;
  sentence?: string | null;
}

export interface TrendView { items: TrendPoint[] }

export type Outcome = "converted" | "dropped" | "pending";

export interface PersonRow {
  person: string;
  entered_at: string;
  steps_done: number;
  /** When each step was done. */
  times: string[];
  is_pending: boolean;
}

/** What happened to the product (`GET /api/v1/marks`). */
export interface ProductMark { at: string; kind: string; label: string; href?: string | null }

export interface Feature {
  event: string;
  persons: number;
  events: number;
  per_person: number;
  share_of_active: number;
  by_day: { day: string; persons: number; events: number }[];
  trend: "rising" | "steady" | "falling" | "new" | "gone";
}

export interface Suggestion { steps: { name: string; event: string }[]; persons: number; sentence: string; yaml: string }
