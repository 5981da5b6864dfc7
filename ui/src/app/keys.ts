/** What a key means; a pure function of the key, what was pressed before, and whether a field has the focus. */
export type Command =
  | { kind: "go"; to: string }
  | { kind: "filter" }
  | { kind: "help" }
  | { kind: "move"; by: 1 | -1 }
  | { kind: "prefix" }
  | { kind: "none" };

const PLACES: Record<string, string> = { n: "/", c: "/changes", f: "/flags", j: "/journeys", u: "/features", x: "/experiments", v: "/security", b: "/feedback", e: "/events", d: "/deployments", m: "/delivery", o: "/domains", s: "/settings" };

export function meaning(key: string, afterG: boolean, inField: boolean): Command {
  if (inField) return { kind: "none" };
  const place = afterG ? PLACES[key] : undefined;
  if (place) return { kind: "go", to: place };
  switch (key) {
    case "g":
      return { kind: "prefix" };
    case "/":
      return { kind: "filter" };
    case "?":
      return { kind: "help" };
    case "j":
      return { kind: "move", by: 1 };
    case "k":
      return { kind: "move", by: -1 };
    default:
      return { kind: "none" };
  }
}
