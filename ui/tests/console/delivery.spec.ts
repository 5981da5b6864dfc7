import { expect } from "@playwright/test";
import { play, test } from "./scene";

test("Delivery shows each figure with what it was counted from, and what is not known", async ({ page }) => {
  await play(page, "loaded", "/delivery");
  const lead = page.getByRole("region", { name: "Lead time for changes" });
  await expect(lead).toContainText("42 min");
  await expect(lead).toContainText("median of 42 changes; nine of ten within 4 h 12 min");
  await expect(page.getByRole("img", { name: /^Change failure rate up to 25 Jun: not known, .* 22 Nov: 9\.5 %$/ })).toBeVisible();
  await expect(page.getByText("1 that failed are not made good yet, and not in the recovery time.")).toBeVisible();
  await expect(page.getByRole("table", { name: "Figures by window" })).toContainText("not known");
});

test("service, length and filter are part of the address", async ({ page }) => {
  await play(page, "loaded", "/delivery");
  await page.getByRole("combobox", { name: "Service" }).selectOption("search");
  await page.getByLabel("The last").selectOption("7");
  await expect(page).toHaveURL(/service=search&days=7/);
  await expect(page.getByRole("region", { name: "Failed deployment recovery time" })).toContainText("not known");
  await page.getByRole("combobox", { name: "Service" }).selectOption("shop");
  await page.getByRole("searchbox").fill("phase:rolled_back");
  await expect(page.getByRole("table", { name: "Counted deployments" }).getByRole("row")).toHaveCount(2);
});

test("before anything is deployed it is said what fills the page", async ({ page }) => {
  await play(page, "empty", "/delivery");
  await expect(page.locator(".empty", { hasText: "git push" })).toBeVisible();
});
