/** Where an artifact comes from, in words; pure. */
import type { Provenance, State } from "../api/shapes";

/** Whether the signature is ours, and about this very artifact. */
export const provenanceState = ({ verified, envelope }: Provenance): State =>
  verified ? { kind: "good", word: "Verified" } : envelope ? { kind: "bad", word: "Not verified" } : { kind: "warn", word: "No provenance" };

/** A text of a SLSA statement, by its place in it. */
function text(statement: unknown, ...path: string[]): string | undefined {
  const found = path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined), statement);
  return typeof found === "string" ? found : undefined;
}

const PARAMETERS = ["predicate", "buildDefinition", "externalParameters"] as const;
const METADATA = ["predicate", "runDetails", "metadata"] as const;

/** What the statement says of the build; what it leaves open is left out. */
export function builtFrom(statement: unknown): { repository?: string; commit?: string; command?: string; run?: string; builder?: string; finished?: string } {
  const said = {
    repository: text(statement, ...PARAMETERS, "repository"), commit: text(statement, ...PARAMETERS, "commit"), command: text(statement, ...PARAMETERS, "command"),
    run: text(statement, ...METADATA, "invocationId"), finished: text(statement, ...METADATA, "finishedOn"), builder: text(statement, "predicate", "runDetails", "builder", "id"),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}
