/** Names for the shapes of the journeys API. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Order = Schemas["Order"];
export type JourneyRow = Schemas["JourneyRow"];
export type JourneyView = Schemas["JourneyView"];
export type Report = Schemas["Report"];
/** One step of a report. */
export type StepReport = Schemas["StepReport"];
/** Persons of one value; `null` are those of whom it is not known. */
export type Group = Schemas["Group"];
export type PersonRow = Schemas["PersonRow"];
/** What happened to the product. */
export type Moment = Schemas["Moment"];
export type Feature = Schemas["Feature"];
export type Suggestion = Schemas["Suggestion"];

/** How far persons came; the document has it as text. */
export type Outcome = "converted" | "dropped" | "pending";
