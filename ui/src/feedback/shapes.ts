/** Names for the shapes of the feedback API. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

/** Something that a customer said. */
export type Said = Schemas["FeedbackItem"];
/** What somebody writes down for them. */
export type Given = Schemas["FeedbackGiven"];
export type Passed = Schemas["FeedbackJourney"];
export type Survey = Schemas["SurveyRow"];
