/** DORA's five figures in words; pure. */
import type { DeploymentItem, Dora, DoraService } from "../api/shapes";
import { counted, duration, percent } from "../look/words";

/** Lengths of a window that can be asked for, in days. */
export const LENGTHS = [7, 30, 90] as const;
/** Windows of a trend, the newest included. */
export const WINDOWS = 6;

const DAY_MS = 86_400_000;

export const lengthOf = (asked: string | null): number => LENGTHS.find((days) => String(days) === asked) ?? 30;

export interface Window { from: string; to: string }

/** The newest window of this length. */
export const windowOf = (days: number, now: number): Window => ({ from: new Date(now - days * DAY_MS).toISOString(), to: new Date(now).toISOString() });

/** All windows of an answer, the oldest first. */
export const windowsOf = (told: Dora): (Window & Pick<Dora, "services">)[] => [...(told.earlier ?? []), told];

export interface Figure {
  name: string;
  what: string;
  value: (service: DoraService) => number | null | undefined;
  say: (value: number) => string;
  /** From how many things it was counted. */
  population: (service: DoraService) => string;
}

const upTo = (seconds: number | null | undefined) => (typeof seconds === "number" ? `; nine of ten within ${duration(seconds)}` : "");

export const FIGURES: Figure[] = [
  {
    name: "Lead time for changes", what: "from the commit to all customers", value: (s) => s.lead_time.median_seconds, say: duration,
    population: ({ lead_time: l }) => `median of ${counted(l.changes, "change")}${upTo(l.p90_seconds)}`,
  },
  {
    name: "Deployment frequency", what: "versions that began to have customers", value: (s) => s.deployment_frequency.per_day, say: (v) => `${v < 10 ? Math.round(v * 10) / 10 : Math.round(v)} a day`,
    population: ({ deployment_frequency: f }) => `${counted(f.deployments, "deployment")} on ${counted(f.days_with_deployment, "day")}`,
  },
  {
    name: "Change failure rate", what: "taken back, mended by a later change, or its flag turned off", value: (s) => s.change_failure_rate.rate, say: percent,
    population: ({ change_failure_rate: r, by_flags: f }) => `${r.counted} of ${counted(r.deployments, "deployment")}${f.failures.length > 0 ? `; ${percent(f.change_failure_rate.rate ?? 0)} without ${counted(f.failures.length, "flag that was turned off", "flags that were turned off")}` : ""}`,
  },
  {
    name: "Failed deployment recovery time", what: "until all customers had a good version again, or nobody the flag", value: (s) => s.recovery_time.median_seconds, say: duration,
    population: ({ recovery_time: r, by_flags: f }) => `${r.recovered > 0 ? `median of ${r.recovered} that were made good` : "none was made good"}${r.open > 0 ? `; ${r.open} not yet` : ""}${upTo(r.p90_seconds)}${f.failures.length > 0 ? `; ${typeof f.recovery_time.median_seconds === "number" ? duration(f.recovery_time.median_seconds) : "not known"} without flags` : ""}`,
  },
  {
    name: "Deployment rework rate", what: "that only mend what was deployed before", value: (s) => s.rework_rate.rate, say: percent,
    population: ({ rework_rate: r }) => `${r.counted} of ${counted(r.deployments, "deployment")}`,
  },
];

/** The value of a figure, or `null` where nothing was watched or nothing counted. */
export function valueOf(figure: Figure, service: DoraService | undefined): number | null {
  if (!service || service.days === 0) return null;
  return figure.value(service) ?? null;
}

export const wordsOf = (figure: Figure, service: DoraService | undefined): string => {
  const value = valueOf(figure, service);
  return value === null ? "not known" : figure.say(value);
};

/** Whether a deployment is one that figures of a window are counted from: it had customers, first within it. */
export function isCounted({ exposed_at: exposed }: DeploymentItem, { from, to }: Window): boolean {
  const first = Date.parse(exposed ?? "");
  return first >= Date.parse(from) && first < Date.parse(to);
}
