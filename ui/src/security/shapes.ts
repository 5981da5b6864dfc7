/** Names for the shapes of the security API. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type FindingPage = Schemas["FindingPage"];
export type Finding = Schemas["FindingView"];
export type FindingFlag = Schemas["FindingFlag"];
/** How old that is by which an answer was judged. */
export type FeedAge = Schemas["FeedAge"];
export type FindingEvent = Schemas["FindingEvent"];
/** What answers rest on, and how old it is. */
export type Advisories = Schemas["AdvisoryStatus"];
export type AdvisorySource = Schemas["AdvisorySource"];
/** Something live of which not everything is known. */
export type Gap = Schemas["UnknownInventory"];
