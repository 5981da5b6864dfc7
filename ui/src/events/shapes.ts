/** Names for the shapes of the events API. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type RecentEvent = Omit<Schemas["RecentEvent"], "properties"> & { properties: Record<string, unknown> };
export type Rejection = Schemas["Rejection"];
export type Rejections = Schemas["Rejections"];
export type PersonView = Schemas["PersonView"];
export type Deletion = Schemas["Deletion"];
