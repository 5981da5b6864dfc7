/** Shapes of the flags API (contracts.md, `flag show`), as `crates/flags` answers. */

export type FlagState = "dark" | "ramping" | "live" | "killed" | "retiring" | "archived";

export interface Share { variant: string; share: number }

export interface FlagRow {
  key: string;
  state: FlagState;
  type: string;
  kind?: string | null;
  owner?: string | null;
  expires?: string | null;
  unit?: string | null;
  journey?: string | null;
  revision: number;
  variants: string[];
  /** Empty where no split decides. */
  split?: Share[] | null;
  /** Nobody can tell: null, and not zero. */
  exposed_persons?: number | null;
  killed: boolean;
  changed?: { at: string; who: string; what: string } | null;
}

/** Who decided what, when and why. */
export interface Decided { at: string; who: string; why?: string | null }

/** JsonLogic; `when` is null for everybody else. */
export interface Rule { when: unknown; serves: unknown }
export interface Tester { targeting_key: string; variant: string }
export interface Reference { path: string; line: number }
export interface Revision { revision: number; at: string; who: string; what: string; why?: string | null; commit?: string | null; state?: string; split?: Share[] }
export interface ExposureDay { day: string; variants: Record<string, number> }
export interface Blast { persons_now?: number | null; journeys: string[] }

export interface FlagView extends FlagRow {
  description?: string | null;
  values: Record<string, unknown>;
  default_variant?: string | null;
  rules: Rule[];
  testers: Tester[];
  /** What it serves where it is off. */
  off_variant?: string | null;
  killed_by?: Decided | null;
  ramp?: (Decided & { split: Share[] }) | null;
  history: Revision[];
  exposures?: ExposureDay[] | null;
  references?: Reference[] | null;
  blast: Blast;
  /** The edge has the newest revision. */
  edge?: boolean;
}

/** The answer to a write. */
export interface Written { key: string; revision: number; state: FlagState; undo: string; edge: boolean }

/** What one context gets, and why. */
export interface Evaluation {
  key: string;
  value: unknown;
  variant?: string | null;
  reason: string;
  /** In words. */
  why: string;
}
