import { CopyButton } from "./Copy";

/** The command that prints the same as the page. */
export function Cli({ command }: { command: string }) {
  return (
    <div className="cli">
      <span>
        <span className="muted" aria-hidden="true">$ </span>
        {command}
      </span>
      <CopyButton text={command} label={`Copy: ${command}`} className="text-button" />
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
