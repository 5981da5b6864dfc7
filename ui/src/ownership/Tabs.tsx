import { Link } from "wouter";
import { useWaivers } from "./api";

const PARTS = [
  { name: "Domains", to: "/domains" },
  { name: "Principles", to: "/principles" },
  { name: "Waivers", to: "/waivers" },
] as const;

/** Who owns what, what was agreed, and what is let pass for a while. */
export function Tabs({ here }: { here: (typeof PARTS)[number]["name"] }) {
  const asked = useWaivers().data?.items.filter(({ state }) => state === "asked").length ?? 0;
  return (
    <nav className="tabs" aria-label="Ownership">
      {PARTS.map(({ name, to }) => (
        <Link key={name} href={to} aria-current={name === here ? "page" : undefined}>{name}{name === "Waivers" && asked > 0 && ` (${asked} wait${asked === 1 ? "s" : ""})`}</Link>
      ))}
    </nav>
  );
}
