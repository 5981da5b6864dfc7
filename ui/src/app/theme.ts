import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "trunkline.theme";
const listeners = new Set<() => void>();

function read(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

export const useTheme = (): Theme =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, read);

export function chooseTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage can be forbidden; the choice lasts until the page is left.
  }
  for (const listener of listeners) listener();
}

export const nextTheme = (theme: Theme): Theme => ({ system: "light", light: "dark", dark: "system" })[theme] as Theme;
