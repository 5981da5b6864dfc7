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
