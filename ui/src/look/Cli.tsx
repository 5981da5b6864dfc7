import { useState } from "react";

/** The command that prints the same as the page. */
export function Cli({ command }: { command: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(command);
    setCopied(true);
    window.setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div className="cli">
      <span>
        <span className="muted" aria-hidden="true">$ </span>
        {command}
      </span>
      <button type="button" className="text-button" onClick={() => void copy()} aria-label={`Copy: ${command}`}>
        {copied ? "copied" : "copy"}
      </button>
    </div>
  );
}

/** The foot of a page. */
export function Commands({ commands }: { commands: string[] }) {
  return (
    <section className="clis" aria-label="The same on the command line">
      {commands.map((command) => (
        <Cli key={command} command={command} />
      ))}
    </section>
  );
}
