import { useEffect, useState } from "react";
import { emptyScreen, write, type Screen } from "./ansi";

/** Of a longer log only the end is fetched at first. */
const TAIL_BYTES = 256 << 10;
const RETRY_MS = 1000;

export interface StepLog {
  screen: Screen;
  /** Bytes before the first that is shown. */
  left: number;
  state: "opening" | "following" | "over" | "broken";
}

interface Chunk { from: number; text: string }

/** Follows the log of a step. After a break it goes on with the last piece again, so that nothing is lost or doubled. */
export function useStepLog(run: string, step: string, bytes: number): StepLog {
  const [from] = useState(() => (bytes > 2 * TAIL_BYTES ? bytes - TAIL_BYTES : 0));
  const [log, setLog] = useState<StepLog>({ screen: emptyScreen, left: from, state: "opening" });
  useEffect(() => {
    let source: EventSource | undefined;
    let retry: number | undefined;
    let before: Screen = emptyScreen;
    let last: Chunk = { from, text: "" };
    const show = (state: StepLog["state"]) => setLog({ screen: write(before, last.text), left: from, state });
    const connect = () => {
      source = new EventSource(`/api/v1/runs/${encodeURIComponent(run)}/steps/${encodeURIComponent(step)}/log/stream?from=${last.from}`);
      source.addEventListener("lines", (event: MessageEvent<string>) => {
        const chunk = JSON.parse(event.data) as Chunk;
        if (chunk.from > last.from) before = write(before, last.text);
        last = chunk;
        show("following");
      });
      source.addEventListener("end", () => {
        source?.close();
        show("over");
      });
      source.addEventListener("error", () => {
        source?.close();
        show("broken");
        retry = window.setTimeout(connect, RETRY_MS);
      });
    };
    connect();
    return () => {
      source?.close();
      window.clearTimeout(retry);
    };
  }, [run, step, from]);
  return log;
}
