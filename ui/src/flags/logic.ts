/** flagd's targeting (JsonLogic) in words; pure. What it has no words for is shown as it is written. */
import { percent } from "../look/words";

const COMPARISONS: Record<string, string> = {
  "==": "is", "===": "is", "!=": "is not", "!==": "is not", ">": "is more than", ">=": "is at least", "<": "is less than", "<=": "is at most", starts_with: "begins with", ends_with: "ends with",
};

const asWritten = (logic: unknown): string => `\`${JSON.stringify(logic)}\``;

/** The operator and its arguments, or nothing where it is a value. */
function operation(logic: unknown): [name: string, args: unknown[]] | undefined {
  if (typeof logic !== "object" || logic === null || Array.isArray(logic)) return undefined;
  const [entry, ...more] = Object.entries(logic);
  if (!entry || more.length > 0) return undefined;
  return [entry[0], Array.isArray(entry[1]) ? entry[1] : [entry[1]]];
}

/** A condition: `` `country` is one of AT, CH, DE and `age` is at least 18 `` */
export function conditionWords(logic: unknown): string {
  const [name, args] = operation(logic) ?? [];
  if (name === undefined || args === undefined) return logic === true ? "always" : logic === false ? "never" : valueWords(logic);
  const joined = (word: string) => args.map((arg) => (isChoice(arg) ? `(${conditionWords(arg)})` : conditionWords(arg))).join(` ${word} `);
  switch (name) {
    case "and":
      return joined("and");
    case "or":
      return joined("or");
    case "!":
      return `not (${conditionWords(args[0])})`;
    case "!!":
      return `${valueWords(args[0])} is given`;
    case "in":
      return Array.isArray(args[1]) ? `${valueWords(args[0])} is one of ${args[1].map(valueWords).join(", ")}` : `${valueWords(args[1])} contains ${valueWords(args[0])}`;
    case "in_segment":
      return `the person is in the segment ${code(args[0])}`;
    case "$ref":
      return `${code(args[0])} holds`;
    case "var":
      return `${valueWords(logic)} is true`;
    case "sem_ver":
      return `the version ${valueWords(args[0])} ${String(args[1])} ${valueWords(args[2])}`;
    default:
      return compared(name, args) ?? asWritten(logic);
  }
}

function compared(name: string, args: unknown[]): string | undefined {
  const word = COMPARISONS[name];
  if (word === undefined) return undefined;
  if (args.length === 3 && (name === "<" || name === "<=")) return `${valueWords(args[1])} is between ${valueWords(args[0])} and ${valueWords(args[2])}${name === "<" ? ", both excluded" : ""}`;
  return args.length === 2 ? `${valueWords(args[0])} ${word} ${valueWords(args[1])}` : undefined;
}

const isChoice = (logic: unknown): boolean => ["and", "or"].includes(operation(logic)?.[0] ?? "");

const code = (value: unknown): string => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;

function valueWords(logic: unknown): string {
  const [name, args] = operation(logic) ?? [];
  if (name === "var") return code(Array.isArray(args?.[0]) ? args[0][0] : args?.[0] === "" ? "the context" : args?.[0]);
  if (name !== undefined) return asWritten(logic);
  return typeof logic === "string" ? logic : JSON.stringify(logic) ?? "nothing";
}

/** What a rule gives: a variant, or a division into several. */
export function servesWords(logic: unknown): string {
  if (logic === null || logic === undefined) return "the default";
  const [name, args] = operation(logic) ?? [];
  if (name === "fractional" && args) return fractionWords(args) ?? asWritten(logic);
  if (name === "if" && args) return `${servesWords(args[1])} if ${conditionWords(args[0])}${args.length > 2 ? `, else ${servesWords(args[2])}` : ""}`;
  return name === undefined ? valueWords(logic) : asWritten(logic);
}

function fractionWords(args: unknown[]): string | undefined {
  const [first] = args;
  const by = Array.isArray(first) ? "" : `, by ${valueWords(first)}`;
  const parts = (Array.isArray(first) ? args : args.slice(1)).map((part) => (Array.isArray(part) ? part : []));
  const weights = parts.map(([, weight]) => (weight === undefined ? 1 : Number(weight)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0) || parts.some(([variant]) => typeof variant !== "string")) return undefined;
  return parts.map(([variant], i) => `${String(variant)} ${percent((weights[i] ?? 0) / total)}`).join(", ") + by;
}
