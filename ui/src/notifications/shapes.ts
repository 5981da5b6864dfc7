/** Names for the shapes of the notifications API. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Kind = Schemas["NotificationKind"];
export type Target = Schemas["NotificationTarget"];
export type NewTarget = Schemas["NewNotificationTarget"];
/** Something that was told. */
export type Told = Schemas["Notification"];
/** A message on its way to one target. */
export type Delivery = Schemas["NotificationDelivery"];
/** One request. */
export type Attempt = Schemas["NotificationAttempt"];
