/** Numbers and times as a person reads them. */

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

export const count = (n: number): string => whole.format(n);

/** `1 change`, `3 changes` */
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** A share from 0 to 1 as a whole per cent where it is one, else with one digit: `5 %`, `0.5 %`. */
export const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

/** A number with its sign: `+2.2`, `−0.4`. */
export const signed = (value: number, digits = 1): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;

/** A share of failures, where two digits matter: `0.02 %`. */
export const finePercent = (share: number): string => `${(share * 100).toFixed(2)} %`;

export const rate = (perSecond: number): string => (perSecond < 10 ? (Math.round(perSecond * 10) / 10).toString() : whole.format(perSecond));

export const milliseconds = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)} ms` : `${whole.format(ms)} ms`);

export const short = (sha: string): string => sha.slice(0, 7);

/** `sha256:9b1e44…` */
export const shortDigest = (digest: string): string => (digest.length > 14 ? `${digest.slice(0, 13)}…` : digest);

/** A length of time in at most two units: `0.4 s`, `21 s`, `2 min 40 s`, `3 h 5 min`, `4 days`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const s = Math.round(seconds);
  if (s < 3600) return two(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86_400) return two(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  const days = Math.floor(s / 86_400);
  return days === 1 ? two(1, "day", Math.floor((s % 86_400) / 3600), "h") : `${days} days`;
}

const two = (a: number, unitA: string, b: number, unitB: string) => (b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`);

/** How long ago, in one unit: `just now`, `6 min ago`, `2 days ago`; the future is `in 5 min`. */
export function ago(at: number, now: number): string {
  const seconds = (now - at) / 1000;
  if (Math.abs(seconds) < 5) return "just now";
  const text = oneUnit(Math.abs(seconds));
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

function oneUnit(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? "1 day" : `${days} days`;
}

/** `2026-11-18 09:14:22 UTC` */
export const absolute = (at: string): string => {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
};

const units = ["B", "kB", "MB", "GB", "TB"];

/** `1.2 MB`, powers of 1000. */
export function bytes(n: number): string {
  let unit = 0;
  let value = n;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
