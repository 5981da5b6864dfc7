/** Shapes of the events API, as `crates/events` answers. */

export interface RecentEvent {
  id: string;
  event: string;
  distinct_id: string;
  person: string;
  at: string;
  received_at: string;
  source: string;
  release?: number | null;
  flags: Record<string, string>;
  /** Why it is left out of every metric. */
  aside?: "synthetic" | "bot" | null;
  properties: Record<string, unknown>;
}

export interface Rejection { at: string; source: string; code: string; reason: string; excerpt: string }

export interface Rejections { items: Rejection[]; counts: { code: string; count: number }[]; unreadable?: number }

export interface PersonView {
  id: string;
  /** Every id that is this person. */
  ids: string[];
  events: number;
  first_at?: string | null;
  last_at?: string | null;
  witnessed: boolean;
  flags: Record<string, string>;
}

export interface Deletion { hidden: boolean; done: boolean; files_left: number }
