import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

export const SIZES = [{ width: 1280, height: 900 }, { width: 390, height: 844 }] as const;
export const THEMES = ["light", "dark"] as const;

/** WCAG 2.2 AA and the best practices: nothing may be found. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const said = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `  ${n.target.join(" ")} ${n.failureSummary?.split("\n")[1] ?? ""}`).join("\n")}`);
  expect.soft(said, page.url()).toEqual([]);
}

/** The page never scrolls sideways; what is wide scrolls by itself. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, "pixels wider than the window").toBeLessThanOrEqual(0);
}

/** Text is never scaled: a chart is drawn at exactly the width it gets. */
export async function expectChartsUnscaled(page: Page): Promise<void> {
  const scaled = await page.evaluate(() => [...document.querySelectorAll<SVGSVGElement>(".chart svg")].filter((s) => Math.abs(s.getBoundingClientRect().width - s.viewBox.baseVal.width) > 0.5).length);
  expect(scaled, "charts that are scaled").toBe(0);
}

/** Errors of the page itself: scripts that fail, and what the policy refuses. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of (401|404|409|503)|ERR_/.test(message.text())) errors.push(message.text());
  });
  return errors;
}
