import { test as base, type Page } from "@playwright/test";
import { watchErrors } from "../page";

export type Scene = "loaded" | "empty" | "error" | "loading" | "signed-out";

/** All recorded times are on one day; this is its present. */
const NOW = new Date("2026-11-22T14:30:00Z");

/** A page at the recorded moment that must not fail by itself. */
export const test = base.extend<{ errors: string[] }>({
  errors: [
    async ({ page }, use) => {
      const errors = watchErrors(page);
      await page.clock.setFixedTime(NOW);
      await use(errors);
      base.expect(errors).toEqual([]);
    },
    { auto: true },
  ],
});

export async function play(page: Page, scene: Scene, path: string): Promise<void> {
  await page.context().addCookies([{ name: "scene", value: scene, url: "http://127.0.0.1" }]);
  await page.goto(`/console${path}`);
  await page.locator("h1").waitFor();
}

/** Every page, by the context that it belongs to. */
export const PAGES = {
  rollout: ["/", "/changes", "/changes?q=state:failed", "/changes/3f9c2ab", "/changes/b2c7f10", "/changes/5e77a90", "/changes/c90d2e1", "/changes/e81c4d0"],
  delivery: ["/runs/run-3f9c2ab", "/runs/run-5e77a90", "/runs/run-c90d2e1", "/runs/run-e81c4d0", "/runs/run-3f9c2ab?step=gate:%20ownership", "/deployments", "/deployments/7", "/deployments/6", "/deployments/5", "/delivery", "/delivery?days=7&service=search&q=phase:live"],
  settings: ["/settings", "/settings/tokens", "/settings/secrets", "/settings/repositories", "/settings/notifications", "/settings/audit", "/no/such/page"],
  flags: ["/flags", "/flags/one-address", "/flags/express-pay", "/flags/search-ranking", "/flags/gift-wrap", "/flags/old-basket"],
  ownership: ["/domains", "/domains?q=kind:path", "/domains/sales", "/domains/billing", "/domains/warehouse", "/principles", "/principles/own-your-data", "/principles/flags-end", "/principles/talk-first", "/waivers", "/waivers?q=state:asked"],
  feedback: ["/feedback", "/feedback?q=tag:payment"],
  journeys: ["/journeys", "/journeys/checkout", "/journeys/checkout?by=variant:one-address", "/journeys/checkout?by=$browser&range=28d&outcome=pending", "/features"],
  experiments: ["/experiments", "/experiments/one-address", "/experiments/search-ranking", "/experiments/express-pay", "/experiments/gift-wrap"],
  security: ["/security", "/security?q=severity:high%20nobody", "/findings/9c0e12ab77f04d31", "/findings/RUSTSEC-2026-0088", "/findings/55d0e1a2b3c4f607", "/findings/e07733aa0b1c2d3e"],
  events: ["/events", "/events/rejections", "/persons/visitor-4810"],
};

export type Area = keyof typeof PAGES;
