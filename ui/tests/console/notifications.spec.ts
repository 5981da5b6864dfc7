import { expect } from "@playwright/test";
import { expectAccessible } from "../page";
import { play, test } from "./scene";

test("every message says to whom it went, what they answered and when it is sent again", async ({ page }) => {
  await play(page, "loaded", "/settings/notifications");
  const told = page.getByRole("table", { name: "What was told" });
  const finding = told.getByRole("row", { name: /address-format/ });
  await expect(finding).toContainText("Taken https://chat.example.com/hooks/shop");
  await expect(finding).toContainText("Not taken yet https://pager.example.com/v2/trunkline");
  await expect(finding).toContainText("attempt 4 in 18 s: no answer: timeout: global");
  await finding.getByText("3 attempts").click();
  await expect(finding.getByRole("listitem").filter({ hasText: "upstream is restarting" })).toContainText("answered 503 in 0.2 s");
  await expect(finding.getByRole("link", { name: "GHSA-w7fw-mjwx-w883" })).toHaveAttribute("href", "/console/findings/GHSA-w7fw-mjwx-w883");
  await expect(told.getByRole("row", { name: /gift-wrap/ })).toContainText("nobody: no target asked for it");
  await expect(told.getByRole("row", { name: /rolled back/ })).toContainText("the receiver answered 410: it is gone for good");
  await expectAccessible(page);
});

test("messages are found by what became of them, and the address keeps the filter", async ({ page }) => {
  await play(page, "loaded", "/settings/notifications");
  const told = page.getByRole("table", { name: "What was told" });
  await page.getByRole("button", { name: "state:given_up" }).click();
  await expect(page).toHaveURL(/q=state(:|%3A)given_up/);
  await expect(told.getByRole("row")).toHaveCount(2);
  await page.getByRole("button", { name: "state:nobody" }).click();
  await expect(told).toContainText("gift-wrap");
});

test("a target says how it takes messages, and can be tried and removed", async ({ page }) => {
  await play(page, "loaded", "/settings/notifications");
  const targets = page.getByRole("table", { name: "Targets" });
  await expect(targets.getByRole("row", { name: /pager/ })).toContainText("rollback, finding that sales owns");
  await expect(targets.getByRole("row", { name: /pager/ })).toContainText("no answer: timeout: global");
  await expect(targets.getByRole("row", { name: /mail/ })).toContainText("Nothing sent yet");
  const tried = page.waitForRequest((r) => r.method() === "POST");
  await targets.getByRole("row", { name: /chat/ }).getByRole("button", { name: "Send a test" }).click();
  expect(new URL((await tried).url()).pathname).toBe("/api/v1/notifications/targets/tgt-1/test");
  await targets.getByRole("row", { name: /pager/ }).getByRole("button", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("1 message that still waits is given up");
  const removed = page.waitForRequest((r) => r.method() === "DELETE");
  await dialog.getByRole("button", { name: "Remove" }).click();
  expect(new URL((await removed).url()).pathname).toBe("/api/v1/notifications/targets/tgt-2");
});

test("a new target's secret is shown once", async ({ page }) => {
  await play(page, "loaded", "/settings/notifications");
  await page.getByLabel("Address").fill("https://chat.example.com/hooks/new");
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await page.getByRole("button", { name: "Add target" }).click();
  expect((await sent).postDataJSON()).toEqual({ url: "https://chat.example.com/hooks/new" });
  await expect(page.getByTestId("shown-once")).toHaveText(/^whsec_/);
  await expectAccessible(page);
  await page.getByRole("button", { name: "I have it" }).click();
  await expect(page.getByTestId("shown-once")).toHaveCount(0);
});
