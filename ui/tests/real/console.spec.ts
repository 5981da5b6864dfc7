import { expect, test, type Page } from "@playwright/test";
import { expectAccessible, expectChartsUnscaled, expectNoSidewaysScroll, SIZES, THEMES, watchErrors } from "../page";

// Against a Trunkline that is up: TRUNKLINE_CONSOLE_LINK is a one-time link, as `trunkline token link` prints it.
const link = process.env["TRUNKLINE_CONSOLE_LINK"] ?? "";
/** Pages that must be reached besides those that every Trunkline has, with commas between; whoever plays the story knows. */
const wanted = (process.env["TRUNKLINE_CONSOLE_PAGES"] ?? "").split(",").filter((name) => name !== "");

/** What must be reached, in this order; a page that has nothing to lead to ends its branch. */
async function walk(page: Page, look: (name: string) => Promise<void>): Promise<void> {
  const to = async (name: string, path: string) => {
    await page.goto(new URL(`/console${path}`, link).href);
    await page.locator("h1").waitFor();
    await look(name);
  };
  await to("now", "/");
  await to("changes", "/changes");
  const change = page.locator("main a[data-row]").first();
  if ((await change.count()) > 0) {
    await change.click();
    await page.locator(".crumbs").waitFor();
    await look("change");
    const run = page.getByRole("link", { name: "its run" });
    if ((await run.count()) > 0) {
      await run.click();
      await page.getByRole("heading", { name: "Steps" }).waitFor();
      await look("run");
    }
  }
  await to("deployments", "/deployments");
  const deployment = page.locator("main a[data-row]").first();
  if ((await deployment.count()) > 0) {
    await deployment.click();
    await page.getByRole("heading", { name: "From queue to live" }).waitFor();
    await look("deployment");
  }
  await to("delivery", "/delivery");
  await to("flags", "/flags");
  if (await opened(page, "main a[data-row]", "History")) await look("flag");
  await to("journeys", "/journeys");
  if (await opened(page, "main a[data-row]", "What these figures leave out")) {
    await look("journey");
    // Of nobody there is nothing to stand side by side.
    if ((await page.getByText("Nobody entered this journey in this time.").count()) === 0) {
      await page.getByLabel("Side by side").selectOption({ index: (await page.getByLabel("Side by side").locator("option").count()) > 3 ? 2 : 1 });
      await page.getByRole("table", { name: "Breakdown" }).waitFor();
      await look("journey-side-by-side");
    }
  }
  await to("experiments", "/experiments");
  if (await opened(page, "main a[data-row]", "Definition")) await look("experiment");
  await to("security", "/security");
  if (await opened(page, "main a[data-row]", "The package")) await look("finding");
  await to("feedback", "/feedback");
  await to("domains", "/domains");
  if (await opened(page, "main a[data-row]", "Who answers for it")) await look("domain");
  await to("principles", "/principles");
  if (await opened(page, "main a[data-row]", "Who agreed")) await look("principle");
  await to("waivers", "/waivers");
  await to("features", "/features");
  await to("events", "/events");
  const event = page.getByRole("list", { name: "Events" }).locator("summary").first();
  if ((await event.count()) > 0) {
    // It stands still, so that the row that is opened stays.
    await page.getByRole("button", { name: "Pause" }).click();
    await event.click();
    await look("event");
    if (await opened(page, ".event-detail a[href*='/persons/']:visible", "Ids")) await look("person");
  }
  await to("rejections", "/events/rejections");
  for (const part of ["", "/tokens", "/secrets", "/repositories", "/notifications", "/audit"]) await to(`settings${part.replace("/", "-")}`, `/settings${part}`);
}

/** Follows the first such link, if there is one, until a heading of its page is there. */
async function opened(page: Page, link: string, heading: string): Promise<boolean> {
  await expect(page.locator("[aria-busy='true'], .skeleton")).toHaveCount(0);
  const first = page.locator(link).first();
  if ((await first.count()) === 0) return false;
  await first.click();
  await page.getByRole("heading", { name: heading }).waitFor();
  return true;
}

test("signs in with the link and walks every page", async ({ page }) => {
  test.setTimeout(480_000);
  const errors = watchErrors(page);
  await page.goto(link);
  await expect(page.getByRole("navigation", { name: "Places" })).toBeVisible();
  expect(page.url()).not.toContain("link=");
  // Each theme at one size: the recorded answers are looked at in all pairs.
  const seen = new Set<string>();
  for (const [i, size] of SIZES.entries()) {
    const theme = THEMES[i % THEMES.length] ?? "light";
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize(size);
    await walk(page, async (name) => {
      seen.add(name);
      await expect(page.locator("[aria-busy='true']")).toHaveCount(0);
      await expectNoSidewaysScroll(page);
      await expectChartsUnscaled(page);
      await expectAccessible(page);
      await page.screenshot({ path: `test-results/real/${name}-${theme}-${size.width}.png`, fullPage: true });
    });
  }
  expect(wanted.filter((name) => !seen.has(name)), "pages that were not reached").toEqual([]);
  expect(errors).toEqual([]);
});
