import { useState } from "react";

/** Puts a text on the clipboard and says so. */
export function CopyButton({ text, word = "copy", label, className }: { text: string; word?: string; label: string; className?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    window.setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" className={className} onClick={() => void copy()} aria-label={label}>
      {copied ? "copied" : word}
    </button>
  );
}
