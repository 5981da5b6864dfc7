import { Link } from "wouter";
import { AuditLog } from "../access/AuditLog";
import { Tokens } from "../access/Tokens";
import { PageHead } from "../app/PageHead";
import { Repositories } from "../delivery/Repositories";
import { Secrets } from "../delivery/Secrets";
import { Commands } from "../look/Cli";
import { Notifications } from "../notifications/Notifications";
import { General } from "./General";

const PARTS = [
  { part: "general", name: "General", to: "/settings", page: General, command: "trunkline doctor" },
  { part: "tokens", name: "Tokens", to: "/settings/tokens", page: Tokens, command: "trunkline token list" },
  { part: "secrets", name: "Secrets", to: "/settings/secrets", page: Secrets, command: "trunkline secret list" },
  { part: "repositories", name: "Repositories", to: "/settings/repositories", page: Repositories, command: "trunkline repo list" },
  { part: "notifications", name: "Notifications", to: "/settings/notifications", page: Notifications, command: "trunkline notify log" },
  { part: "audit", name: "Audit log", to: "/settings/audit", page: AuditLog, command: 'curl -H "Authorization: Bearer $TRUNKLINE_TOKEN" "$TRUNKLINE_SERVER/api/v1/audit"' },
];

/** Where Trunkline answers, who may do what, who is told, and what was done. */
export function SettingsPage({ part }: { part: string }) {
  const chosen = PARTS.find((p) => p.part === part) ?? PARTS[0]!;
  return (
    <>
      <PageHead title={chosen.part === "general" ? "Settings" : `Settings: ${chosen.name.toLowerCase()}`} meta="Where Trunkline answers, who may do what, who is told, and what was done." />
      <nav className="tabs" aria-label="Settings">
        {PARTS.map((p) => (
          <Link key={p.part} href={p.to} aria-current={p === chosen ? "page" : undefined}>{p.name}</Link>
        ))}
      </nav>
      <chosen.page />
      <Commands commands={[chosen.command]} />
    </>
  );
}
