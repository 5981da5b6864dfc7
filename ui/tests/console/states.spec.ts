import { expect } from "@playwright/test";
import { expectAccessible, expectChartsUnscaled, expectNoSidewaysScroll, SIZES, THEMES } from "../page";
import { PAGES, play, test, type Area, type Scene } from "./scene";

/** The foot of every page: it stands in every state. */
const FOOT = "section[aria-label='The same on the command line']";

type Looked = Partial<Record<Area, string[]>>;

const LISTS: Looked = {
  rollout: ["/", "/changes", "/changes/3f9c2ab"], delivery: ["/deployments", "/deployments/7", "/delivery"], settings: ["/settings", "/settings/tokens", "/settings/secrets", "/settings/repositories", "/settings/notifications", "/settings/audit"],
  ownership: ["/domains", "/principles", "/waivers"], feedback: ["/feedback"],
  flags: ["/flags"], journeys: ["/journeys", "/journeys/checkout", "/features"], events: ["/events", "/events/rejections"], security: ["/security"],
};
const ONE_OF_A_KIND: Looked = {
  rollout: ["/", "/changes", "/changes/3f9c2ab"], delivery: ["/runs/run-3f9c2ab", "/deployments/7", "/delivery"], settings: ["/settings", "/settings/tokens", "/settings/notifications"],
  ownership: ["/domains", "/domains/sales", "/principles", "/principles/own-your-data", "/waivers"], feedback: ["/feedback"],
  flags: ["/flags", "/flags/one-address"], journeys: ["/journeys", "/journeys/checkout", "/features"], events: ["/events", "/events/rejections", "/persons/visitor-4810"], security: ["/security", "/findings/9c0e12ab77f04d31"],
};
const LOOKED_AT: Record<Exclude<Scene, "signed-out">, Looked> = { loaded: PAGES, empty: LISTS, error: ONE_OF_A_KIND, loading: ONE_OF_A_KIND };

for (const [scene, areas] of Object.entries(LOOKED_AT) as [keyof typeof LOOKED_AT, Looked][]) {
  for (const [area, paths] of Object.entries(areas)) {
    for (const theme of THEMES) {
      for (const size of SIZES) {
        test(`${area} ${scene}, ${theme}, ${size.width} px: accessible, within the window, nothing scaled`, async ({ page }) => {
          test.slow();
          await page.emulateMedia({ colorScheme: theme });
          await page.setViewportSize(size);
          for (const path of paths) {
            await test.step(path, async () => {
              await play(page, scene, path);
              if (path !== "/no/such/page") await page.locator(FOOT).waitFor();
              if (scene === "loaded" || scene === "empty") await expect(page.locator("[aria-busy='true']")).toHaveCount(0);
              await expectNoSidewaysScroll(page);
              await expectChartsUnscaled(page);
              await expectAccessible(page);
              await page.screenshot({ path: `test-results/console/${path.replaceAll(/[^a-z0-9]+/gi, "_")}-${scene}-${theme}-${size.width}.png`, fullPage: true });
            });
          }
        });
      }
    }
  }
}
