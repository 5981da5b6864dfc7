/** Names for the shapes of the flags API. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

/** The document has it as text. */
export type FlagState = "dark" | "ramping" | "live" | "killed" | "retiring" | "archived";

export type Share = Schemas["Share"];
export type FlagRow = Schemas["FlagItem"];
/** Who decided what, when and why. */
export type Decided = Schemas["Decision"];
/** JsonLogic; `when` is null for everybody else. */
export type Rule = Schemas["RuleView"];
export type Tester = Schemas["Tester"];
export type Reference = Schemas["Reference"];
export type Revision = Schemas["FlagEvent"];
export type ExposureDay = Schemas["ExposureDay"];
export type FlagView = Omit<Schemas["FlagView"], "values"> & { values: Record<string, unknown> };
/** The answer to a write. */
export type Written = Schemas["Written"];
/** What one context gets, and why. */
export type Evaluation = Schemas["Explained"];
/** A share that grows by stages while customers do no worse. */
export type GuardedRamp = Schemas["RampView"];
export type Evidence = Schemas["RampEvidence"];
export type RampEvent = Schemas["RampEvent"];

/** What begins one; the server fills in what is left out. */
export interface RampWish {
  flag: string;
  variant?: string;
  /** 0 to 1, each larger than the one before. */
  stages: number[];
  step_seconds: number;
  step_persons: number;
  guards: string[];
  reason?: string;
}
