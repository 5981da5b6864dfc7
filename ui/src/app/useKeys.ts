import { useEffect } from "react";
import { useLocation } from "wouter";
import { meaning, type Command } from "./keys";

/** `g` waits this long for the place. */
const PREFIX_MS = 1200;

/** Listens to the whole page; what has a modifier or is typed into a field belongs to the browser. */
export function useKeys(openHelp: () => void): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    let prefixed = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      const command = meaning(event.key, Date.now() - prefixed < PREFIX_MS, isField(event.target));
      prefixed = command.kind === "prefix" ? Date.now() : 0;
      if (perform(command, navigate, openHelp)) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate, openHelp]);
}

function perform(command: Command, navigate: (to: string) => void, openHelp: () => void): boolean {
  switch (command.kind) {
    case "go":
      navigate(command.to);
      return true;
    case "filter": {
      const field = document.querySelector<HTMLInputElement>("[data-filter]");
      field?.focus();
      return field !== null;
    }
    case "help":
      openHelp();
      return true;
    case "move":
      return move(command.by);
    default:
      return false;
  }
}

/** Moves the focus to the next or previous row's link. */
function move(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  if (rows.length === 0) return false;
  const here = rows.findIndex((row) => row === document.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + by, 0), rows.length - 1);
  rows[next]?.focus();
  rows[next]?.scrollIntoView({ block: "nearest" });
  return true;
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
