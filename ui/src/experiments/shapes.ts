/** Names for the shapes of the experiments API. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type ExperimentRow = Schemas["ExperimentRow"];
export type ExperimentView = Schemas["ExperimentView"];
/** From when it began until it was over. */
export type Run = Schemas["ExperimentRun"];
export type Metric = Schemas["MetricAssessment"];
export type Verdict = Schemas["VerdictView"];
export type Decision = Schemas["ExperimentDecision"];
export type Stage = Schemas["ExperimentStage"];
/** What a look saw and said. */
export type Look = Schemas["LookView"];
export type Estimate = Schemas["MetricEstimate"];
/** What a person may decide. */
export type Choice = Schemas["ExperimentChoice"];
