/** A sentence of the server's; what stands between backticks is something one could type. */
export function Said({ text }: { text: string }) {
  return <>{text.split("`").map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}

/** Nothing to say; a narrow row leaves it out altogether. */
export const none = <span className="none">–</span>;
