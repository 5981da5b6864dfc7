import { expect } from "@playwright/test";
import { expectAccessible } from "../page";
import { play, test } from "./scene";

test("Security says first what customers have, and what is not known of it", async ({ page }) => {
  await play(page, "loaded", "/security");
  await expect(page.locator(".verdict p")).toHaveText("3 findings are open in what customers have, the worst is critical: GHSA-w7fw-mjwx-w883 in address-format 2.3.1; 2 parts of what is live could not be judged");
  await expect(page.getByRole("table", { name: "Findings", exact: true }).getByRole("row").nth(1)).toContainText("3.1 % through one-address");
  await expect(page.getByText("PyPI could not be refreshed: advisories.example.com did not answer within 30 s.")).toBeVisible();
  await expect(page.getByRole("link", { name: "go.sum of search 2" })).toHaveAttribute("href", "/console/deployments/2");
});

test("findings are filtered by domain, and the address has the filter", async ({ page }) => {
  await play(page, "loaded", "/security");
  await page.getByRole("table", { name: "Open findings by domain" }).getByRole("button", { name: "billing" }).click();
  await expect(page).toHaveURL(/q=state%3Aopen\+domain%3Abilling/);
  await expect(page.getByRole("table", { name: "Findings", exact: true }).getByRole("row")).toHaveCount(2);
  await page.getByRole("searchbox").fill("severity:none");
  await expect(page.getByText("No finding matches.")).toBeVisible();
});

test("without advisories nothing is called fine", async ({ page }) => {
  await play(page, "empty", "/security");
  await expect(page.locator(".verdict")).toContainText("No advisories were imported: whether what customers have is vulnerable is not known");
  await expect(page.locator(".empty", { hasText: "trunkline advisory import" }).first()).toBeVisible();
});

test("a finding is killed from its page, with whom that concerns first and the way back after", async ({ page }) => {
  await play(page, "loaded", "/findings/9c0e12ab77f04d31");
  await expect(page.locator(".verdict p")).toContainText("is in production since deployment 6 (3f9c2ab, 30 minutes), owned by domain sales");
  await page.getByRole("button", { name: "Kill one-address" }).click();
  const dialog = page.getByRole("dialog", { name: "Kill one-address" });
  await expect(dialog).toContainText("4,812 persons have another variant than the off one now");
  await expect(dialog).toContainText("address-format 2.3.1 stays deployed");
  await expectAccessible(page);
  await dialog.getByRole("textbox").fill("addresses run code");
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Kill", exact: true }).click();
  const request = await sent;
  expect(new URL(request.url()).pathname).toBe("/api/v1/findings/9c0e12ab77f04d31/kill");
  expect(request.postDataJSON()).toEqual({ reason: "addresses run code" });
  await expect(page.getByRole("status").filter({ hasText: "one-address is killed" })).toContainText("trunkline flag set one-address --revision 12");
});

test("a finding takes its deployment back to the version that is without it", async ({ page }) => {
  await play(page, "loaded", "/findings/9c0e12ab77f04d31");
  await page.getByRole("button", { name: "Roll back to 4" }).click();
  const dialog = page.getByRole("dialog", { name: "Roll back shop 6" });
  await expect(dialog).toContainText("they get version 4.");
  await expect(dialog.getByRole("combobox")).toHaveCount(0);
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Roll back" }).click();
  expect((await sent).postDataJSON()).toEqual({ service: "shop", to: 4 });
});

test("the smallest bump is a text to copy; a finding without a way says so", async ({ page }) => {
  await play(page, "loaded", "/findings/9c0e12ab77f04d31");
  await expect(page.getByRole("button", { name: "Copy: npm install address-format@2.3.4" })).toBeVisible();
  await expect(page.getByRole("img", { name: /^Timeline of 30 min 50 s\. Live: address-format 2\.3\.1 since deployment 6/ })).toBeVisible();
  await play(page, "loaded", "/findings/RUSTSEC-2026-0088");
  await expect(page.getByText("Open again").first()).toBeVisible();
  await expect(page.getByText("No newer version without it is known.")).toBeVisible();
  await expect(page.locator(".actions button")).toHaveCount(0);
});
