import { useSyncExternalStore } from "react";
import { none } from "./Said";
import { absolute, ago, duration } from "./words";

let now = Date.now();
const listeners = new Set<() => void>();
let timer: number | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The present, to the second; one clock for the whole page. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** How long ago, with the moment itself on hover. */
export function Ago({ at }: { at: string }) {
  const present = useNow();
  return (
    <time dateTime={at} title={absolute(at)}>
      {ago(Date.parse(at), present)}
    </time>
  );
}

/** A duration that is still growing while `to` is not known. */
export function Lasted({ from, to }: { from: string | null | undefined; to: string | null | undefined }) {
  const present = useNow();
  if (!from) return none;
  const end = to ? Date.parse(to) : present;
  return <span title={`${absolute(from)}${to ? ` to ${absolute(to)}` : ""}`}>{duration(Math.max(0, end - Date.parse(from)) / 1000)}</span>;
}
