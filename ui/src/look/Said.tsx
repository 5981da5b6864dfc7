import type { ReactNode } from "react";
import { shortDigest } from "./words";

const DIGEST = /(sha256:[0-9a-f]{64})/;

/** A sentence of the server's: what stands between backticks is something one could type, and digests are shortened. */
export function Said({ text }: { text: string }) {
  return <>{text.split("`").map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : <span key={i}>{withDigests(part)}</span>))}</>;
}

const withDigests = (text: string): ReactNode => text.split(DIGEST).map((part, i) => (i % 2 === 1 ? <code key={i} title={part}>{shortDigest(part)}</code> : part));

/** Nothing to say; a narrow row leaves it out altogether. */
export const none = <span className="none">–</span>;
