/** Names for the shapes of the API. What the document leaves open (`object`) is said here, after the Rust types. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type State = Schemas["State"];
export type StateKind = Schemas["StateKind"];
export type ChangeRow = Schemas["ChangeRow"];
export type ChangeArtifact = Schemas["ChangeArtifact"];
export type Dora = Schemas["Dora"];
export type DoraService = Schemas["DoraService"];
export type Provenance = Schemas["ArtifactProvenance"];
export type DeploymentStep = Schemas["DeploymentStep"];
export type Timeline = Schemas["Timeline"];
export type Evidence = Schemas["Evidence"];
export type DeploymentItem = Schemas["DeploymentItem"];
export type MachineStep = Schemas["MachineStep"];
export type InstanceView = Schemas["InstanceView"];
export type JournalLine = Schemas["JournalLine"];
export type ServiceStatus = Schemas["ServiceStatus"];
export type Attention = Schemas["Attention"];
export type Now = Schemas["Now"];
export type Settings = Schemas["Settings"];
export type Session = Schemas["Session"];
export type Role = Schemas["Role"];
export type TokenRow = Schemas["TokenRow"];
export type Issued = Schemas["Issued"];
export type AuditEntry = Schemas["AuditEntry"];
export type RepositoryView = Schemas["RepositoryView"];
export type SecretName = Schemas["SecretName"];

/** `delivery::verify::Cases` */
export interface Cases {
  passed: number;
  failed: number;
  skipped: number;
  failures: { name: string; message: string }[];
}

/** `delivery::verify::RedGreen` */
export interface RedGreen {
  state: "proved" | "proved_no_build" | "not_proved" | "unknown" | "no_tests";
  tests: string[];
  reason?: string | null;
}

/** `delivery::git::FileStat`; lines are unknown for a binary file. */
export interface FileStat {
  path: string;
  added?: number | null;
  removed?: number | null;
}

/** `edge::Tally`, of one version in the present step. */
export interface Tally {
  requests: number;
  failures: number;
  clients: number;
  failed_clients: number;
  latency: { p50_ms: number; p99_ms: number };
}

/** `kernel::Problem` */
export interface GateProblem {
  kind: string;
  message: string;
  file?: string | null;
  line?: number | null;
  column?: number | null;
  hint?: string | null;
}

export type Judgement = Omit<Schemas["GateJudgement"], "problems" | "evidence"> & { problems: GateProblem[]; evidence?: unknown };
export type CheckView = Omit<Schemas["CheckView"], "judgement"> & { judgement?: Judgement | null };
export type StepView = Omit<Schemas["StepView"], "cases" | "judgement"> & { cases?: Cases | null; judgement?: Judgement | null };
export type RunView = Omit<Schemas["RunView"], "steps"> & { steps: StepView[] };
export type Lineage = Omit<Schemas["Lineage"], "red_green" | "files" | "checks"> & { checks?: CheckView[] | null; red_green?: RedGreen | null; files: FileStat[] };
export type HealthView = Omit<Schemas["HealthView"], "new" | "old"> & { new?: Tally | null; old?: Tally | null };
export type DeploymentView = Omit<Schemas["DeploymentView"], "health"> & { health?: HealthView | null };
