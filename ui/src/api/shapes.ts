/** The shapes of the API, by hand until the document is there. */

export type StateKind = "good" | "busy" | "warn" | "bad" | "dark" | "plain";
export interface State { kind: StateKind; word: string }
export interface Page<T> { items: T[]; next?: string | null }
type Maybe<T> = T | null;

export interface DeploymentItem {
  number: number; service: string; commit: string; subject: string; phase: string; state: State; weight: number;
  started: string; live_at?: Maybe<string>; ended?: Maybe<string>; reason?: Maybe<string>; digest: string;
}
export interface ChangeRow {
  sha: string; short: string; repository: string; subject: string; author: string; at: string; state: State;
  why?: Maybe<string>; run?: Maybe<string>; deployments: DeploymentItem[]; shipped_in?: Maybe<string>; waits_behind?: Maybe<string>;
}
export interface StepView {
  name: string; kind: string; state: string; started?: Maybe<string>; ended?: Maybe<string>; seconds?: Maybe<number>;
  command: string; summary?: Maybe<string>; cases?: Maybe<Cases>; log_bytes: number; log_truncated: boolean;
}
export interface Cases { passed: number; failed: number; skipped: number; failures: { name: string; message: string }[] }
export interface RunView {
  id: string; change: string; subject: string; state: string; why?: Maybe<string>;
  started?: Maybe<string>; ended?: Maybe<string>; seconds?: Maybe<number>; steps: StepView[];
}
export interface RedGreen { state: "proved" | "proved_no_build" | "not_proved" | "unknown" | "no_tests"; tests: string[]; reason?: Maybe<string> }
export interface FileStat { path: string; added?: Maybe<number>; removed?: Maybe<number> }
export interface Span { from: string; to?: Maybe<string>; kind: string; label: string }
export interface Mark { at: string; kind: string; icon: string; label: string }
export interface Lane { name: string; spans: Span[]; marks: Mark[] }
export interface Timeline { from: string; to: string; lanes: Lane[] }
export interface Evidence { state: State; text: string; detail?: Maybe<string>; link?: Maybe<string> }
export interface CheckView { name: string; state: string; seconds?: Maybe<number> }
export interface ChangeArtifact { service: string; digest: string; files: number; bytes: number; components?: Maybe<number>; findings?: Maybe<number> }
export interface Lineage extends ChangeRow {
  commit: { sha: string; author: string; subject: string; at: string; landed: string };
  checks?: Maybe<CheckView[]>; red_green?: Maybe<RedGreen>; artifacts?: Maybe<ChangeArtifact[]>;
  sentence: string; run_view?: Maybe<RunView>; fixes: string[]; reverts: string[]; fixed_by?: Maybe<string>;
  timeline: Timeline; evidence: Evidence[]; files: FileStat[]; command: string; unknown: string[];
}
export interface Traffic { requests: number; requests_per_second: number; failing_share: number; p99_ms: number }
export interface Waiting { commit: string; subject: string; why: string }
export interface ServiceStatus {
  service: string; state: State; live?: Maybe<{ number: number; commit: string; digest: string; since: string }>;
  candidate?: Maybe<{ number: number; commit: string; phase: string; weight: number }>;
  trunk?: Maybe<string>; in_sync: boolean; frozen?: Maybe<string>; waiting: Waiting[]; traffic?: Maybe<Traffic>;
}
export interface Attention {
  kind: string; severity: string; text: string; change?: Maybe<string>; deployment?: Maybe<number>; service?: Maybe<string>; at: string; hint: string;
}
export interface Now {
  at: string; product: string; counts: { on_the_way: number; needs_someone: number; held: number };
  on_the_way: ChangeRow[]; needs_someone: Attention[]; services: ServiceStatus[]; commands: string[];
}
export interface MachineStep { name: string; state: string; note?: Maybe<string> }
export interface Tally {
  requests: number; failures: number; clients: number; failed_clients: number; persons: number;
  latency: { p50_ms: number; p90_ms: number; p99_ms: number; max_ms: number };
}
export interface HealthView { new?: Maybe<Tally>; old?: Maybe<Tally>; evidence: number; threshold: number; decision: string; sentence: string }
export interface InstanceView { id: string; state: string; why?: Maybe<string>; port: number; pid?: Maybe<number>; restarts: number; in_flight: number; started?: Maybe<string> }
export interface JournalLine { at: string; kind: string; what: string; detail?: Maybe<string> }
export interface DeploymentView extends DeploymentItem {
  machine: MachineStep[]; next: string; paused: boolean; health?: Maybe<HealthView>; instances: InstanceView[]; journal: JournalLine[];
  replaces?: Maybe<number>; artifact?: Maybe<{ digest: string; files: number; bytes: number }>; plan?: Maybe<{ summary: string; text: string }>; command: string;
}
export interface Status { services: ServiceStatus[] }
export type Role = "admin" | "server" | "client";
export interface Session { person?: Maybe<string>; role: Role; csrf: string }
export interface TokenRow {
  id: string; role: Role; name?: Maybe<string>; person?: Maybe<string>; deployment?: Maybe<number>; created: string; last_used?: Maybe<string>; revoked?: Maybe<string>;
}
export interface Issued { token: string; id: string; role: Role }
export interface AuditEntry { at: string; who: string; what: string; subject: string; why?: Maybe<string>; before?: unknown; after?: unknown }
export interface RepositoryView { name: string; url: string; branch?: Maybe<string>; head?: Maybe<string>; last_error?: Maybe<string> }
export interface SecretName { service: string; name: string; updated: string; by: string }
export interface Settings {
  product: string; version: string; system_address: string; product_address: string; data: string; isolation: string;
  trunk: { repository: string; url: string; branch?: Maybe<string>; head?: Maybe<string> }; database: string;
}
