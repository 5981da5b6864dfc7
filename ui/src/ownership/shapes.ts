/** Names for the shapes of the ownership API. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type DomainItem = Schemas["DomainItem"];
export type DomainsView = Schemas["DomainsView"];
export type DomainView = Schemas["DomainView"];
/** Something that nobody owns. */
export type Unowned = Schemas["Unowned"];
export type PrincipleItem = Schemas["PrincipleItem"];
export type PrinciplesView = Schemas["PrinciplesView"];
export type PrincipleView = Schemas["PrincipleView"];
export type Check = Schemas["PrincipleCheck"];
export type Mode = Schemas["PrincipleMode"];
export type Gate = Schemas["PrincipleGate"];
export type Counts = Schemas["ViolationCounts"];
export type Violation = Schemas["Violation"];
export type Agreement = Schemas["AgreementView"];
/** What a gate said of one commit. */
export type GateEvent = Schemas["PrincipleEvent"];
/** A commit that would have been stopped. */
export type Stopped = Schemas["StoppedCommit"];
export type Waiver = Schemas["WaiverView"];
export type WaiverWish = Schemas["WaiverWish"];
