import { expect } from "@playwright/test";
import { expectAccessible, expectChartsUnscaled, expectNoSidewaysScroll, SIZES, THEMES } from "../page";
import { PAGES, play, test, type Scene } from "./scene";

/** What must stand on every page of a scene before it is looked at. */
const READY: Record<Exclude<Scene, "signed-out">, string> = {
  loaded: "section[aria-label='The same on the command line']",
  empty: "section[aria-label='The same on the command line']",
  error: "section[aria-label='The same on the command line']",
  loading: "section[aria-label='The same on the command line']",
};

const FEW = ["/", "/changes", "/changes/3f9c2ab", "/runs/run-3f9c2ab", "/deployments", "/deployments/7", "/settings", "/settings/tokens", "/settings/secrets", "/settings/repositories", "/settings/audit"];

for (const scene of ["loaded", "empty", "error", "loading"] as const) {
  for (const theme of THEMES) {
    for (const size of SIZES) {
      test(`${scene}, ${theme}, ${size.width} px: accessible, within the window, nothing scaled`, async ({ page }) => {
        test.slow();
        await page.emulateMedia({ colorScheme: theme });
        await page.setViewportSize(size);
        for (const path of scene === "loaded" ? PAGES : FEW) {
          await test.step(path, async () => {
            await play(page, scene, path);
            if (path !== "/no/such/page") await page.locator(READY[scene]).waitFor();
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
