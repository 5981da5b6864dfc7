import { expect } from "@playwright/test";
import { expectAccessible } from "../page";
import { play, test } from "./scene";

test("without a session: how to get a link, and a place for it", async ({ page }) => {
  await play(page, "signed-out", "/changes");
  await expect(page.getByText("trunkline token link")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("textbox").fill("bad-code");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("This sign-in link is unknown, too old or was used");
  await page.getByRole("textbox").fill("http://127.0.0.1:7300/console/?link=good-code");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Changes");
});

test("a one-time link signs in and leaves the address", async ({ page }) => {
  await play(page, "signed-out", "/changes?q=state:live&link=good-code");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Changes");
  await expect(page).toHaveURL(/\/console\/changes\?q=state(:|%3A)live$/);
});

test("a used link says so", async ({ page }) => {
  await play(page, "signed-out", "/?link=used");
  await expect(page.getByRole("alert")).toContainText("too old or was used");
  await expect(page).toHaveURL(/\/console\/$/);
});

test("a rollback shows whom it concerns before it is done", async ({ page }) => {
  await play(page, "loaded", "/deployments/6");
  await page.getByRole("button", { name: "Roll back" }).click();
  const dialog = page.getByRole("dialog", { name: "Roll back shop 6" });
  await expect(dialog).toContainText("All visitors of shop, 412 requests/s now");
  await expect(dialog).toContainText("Fixes: 3f9c2ab");
  await expect(dialog).toContainText("trunkline deploy resume");
  await expectAccessible(page);
  await dialog.getByRole("combobox").selectOption("4");
  await dialog.getByRole("textbox").fill("orders without address");
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Roll back" }).click();
  const request = await sent;
  expect(request.url()).toContain("/api/v1/deploy/rollback");
  expect(request.postDataJSON()).toEqual({ service: "shop", to: 4, reason: "orders without address" });
  expect(request.headers()["x-csrf-token"]).toBe("fixture-csrf");
  await expect(dialog).toHaveCount(0);
});

test("a refused action stays open and says why", async ({ page }) => {
  await play(page, "loaded", "/deployments/7");
  await page.getByRole("button", { name: "Promote" }).click();
  const dialog = page.getByRole("dialog", { name: "Promote shop 7" });
  await expect(dialog).toContainText("75 % of visitors who do not have it get it at once");
  await dialog.getByRole("button", { name: "Promote" }).click();
  await expect(dialog.getByRole("textbox"), "it overrules its guards, so it wants a reason").toBeFocused();
  await dialog.getByRole("textbox").fill("the shop closes at noon");
  await dialog.getByRole("button", { name: "Promote" }).click();
  await expect(dialog.getByRole("alert")).toContainText("Shop has no deployment on its way");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
});

test("a freeze wants a reason", async ({ page }) => {
  await play(page, "loaded", "/");
  await page.getByRole("button", { name: "Freeze deployments" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Freeze" }).click();
  await expect(dialog.getByRole("textbox")).toBeFocused();
  await dialog.getByRole("textbox").fill("stock-taking");
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Freeze" }).click();
  expect((await sent).postDataJSON()).toEqual({ reason: "stock-taking" });
});

test("a token is shown once", async ({ page }) => {
  await play(page, "loaded", "/settings/tokens");
  await page.getByLabel("Name").fill("importer");
  await page.getByRole("button", { name: "Create token" }).click();
  await expect(page.getByTestId("shown-once")).toHaveText("tl_server_0123456789abcdef");
  await expectAccessible(page);
  await page.getByRole("button", { name: "I have it" }).click();
  await expect(page.getByTestId("shown-once")).toHaveCount(0);
});

test("a secret goes in and never comes out", async ({ page }) => {
  await play(page, "loaded", "/settings/secrets");
  await page.getByLabel("Service").fill("shop");
  await page.getByLabel("Name").fill("STRIPE_KEY");
  await page.getByLabel("Value").fill("s3cret");
  const sent = page.waitForRequest((r) => r.method() === "PUT");
  await page.getByRole("button", { name: "Set secret" }).click();
  expect(new URL((await sent).url()).pathname).toBe("/api/v1/secrets/shop/STRIPE_KEY");
  await expect(page.getByText("STRIPE_KEY of shop is set")).toBeVisible();
  await expect(page.getByLabel("Value")).toHaveValue("");
  expect(await page.content()).not.toContain("s3cret");
});

test("a run can be cancelled after it is said what that means", async ({ page }) => {
  await play(page, "loaded", "/runs/run-c90d2e1");
  await page.getByRole("button", { name: "Cancel the run" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("what is live stays live");
  const sent = page.waitForRequest((r) => r.url().endsWith("/runs/run-c90d2e1/cancel"));
  await dialog.getByRole("button", { name: "Cancel the run" }).click();
  await sent;
});
