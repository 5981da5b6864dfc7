import { expect } from "@playwright/test";
import { expectAccessible } from "../page";
import { play, test } from "./scene";

test("the map of domains says who owns what, what nobody owns, and what is not known", async ({ page }) => {
  await play(page, "loaded", "/domains");
  await expect(page.locator(".verdict p")).toHaveText("4 domains of 3 teams, 1 without a team; nobody owns 4 things");
  await expect(page.getByText("Team storage is not declared.")).toBeVisible();
  const domains = page.getByRole("table", { name: "Domains" });
  await expect(domains.getByRole("row", { name: /sales/ })).toContainText("2 tables, 2 events, 2 flags, 1 journey, 1 experiment");
  await page.getByRole("searchbox").fill("table:orders");
  await expect(page).toHaveURL(/q=table%3Aorders/);
  await expect(domains.getByRole("row")).toHaveCount(2);
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", { name: "kind:table" }).click();
  await expect(domains).toHaveCount(0);
  await expect(page.getByRole("table", { name: "What nobody owns" }).getByRole("row")).toHaveCount(2);
});

test("a domain's page names who answers, what it owns and what breaks principles there", async ({ page }) => {
  await play(page, "loaded", "/domains/sales");
  await expect(page.locator(".verdict p")).toHaveText("ana and jonas answer for sales. What breaks principles here: 1 stops a gate, 3 are observed");
  await expect(page.getByRole("link", { name: "express-pay" }).first()).toHaveAttribute("href", "/console/flags/express-pay");
  await expect(page.getByRole("table", { name: "What breaks it" })).toContainText("src/checkout/pay.js:88");
  const vulnerable = page.getByRole("table", { name: "Findings" });
  await expect(vulnerable).toContainText("address-format");
  await expect(vulnerable).not.toContainText("ledger");
  await expect(vulnerable).not.toContainText("word-wrap");
  const said = page.getByRole("list", { name: "What customers said of what it owns" });
  await expect(said).toContainText("I did not see where to change the invoice address, then I gave up.");
  await expect(said).not.toContainText("Can I pay by invoice?");
});

test("a principle is agreed to with one word", async ({ page }) => {
  await play(page, "loaded", "/principles/own-your-data");
  await expect(page.locator(".verdict p")).toHaveText("A table is written by the domain that owns it, and by nobody else.");
  await expect(page.getByText("to words that have changed since")).toBeVisible();
  await expect(page.getByText("9 of 412 commits, with 14 violations")).toBeVisible();
  await expect(page.getByRole("link", { name: "Round prices to whole cents" })).toBeVisible();
  const sent = page.waitForRequest((r) => r.method() === "PUT");
  await page.getByRole("button", { name: "I agree" }).click();
  const request = await sent;
  expect(new URL(request.url()).pathname).toBe("/api/v1/principles/own-your-data/agreement");
  expect(request.headers()["x-csrf-token"]).toBe("fixture-csrf");
});

test("who agreed here can take their word back, and a principle that observes says so", async ({ page }) => {
  await play(page, "loaded", "/principles/flags-end");
  await expect(page.locator(".verdict")).toContainText("It stops nothing yet");
  await expect(page.getByText("Not known yet: the history of trunk is being looked through.")).toBeVisible();
  const sent = page.waitForRequest((r) => r.method() === "DELETE");
  await page.getByRole("button", { name: "Take my word back" }).click();
  expect(new URL((await sent).url()).pathname).toBe("/api/v1/principles/flags-end/agreement");
});

test("a waiver shows what it lets pass before it is approved; nobody approves their own", async ({ page }) => {
  await play(page, "loaded", "/waivers");
  const table = page.getByRole("table", { name: "Waivers" });
  await expect(table.getByRole("row", { name: /express-pay/ })).toContainText("you asked for it: jonas may approve it");
  await expect(table.getByRole("row", { name: /express-pay/ }).getByRole("button", { name: "Approve" })).toHaveCount(0);
  await table.getByRole("button", { name: "Approve" }).click();
  const dialog = page.getByRole("dialog", { name: "Approve waiver 7" });
  await expect(dialog).toContainText("1 violation on trunk at src/checkout/pay.js passes until the end of 2026-12-04");
  await expectAccessible(page);
  await dialog.getByRole("textbox").fill("until the release");
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Approve" }).click();
  expect(new URL((await sent).url()).pathname).toBe("/api/v1/waivers/7/approve");
  expect((await sent).postDataJSON()).toEqual({ reason: "until the release" });
});

test("a waiver is asked for where something breaks a principle", async ({ page }) => {
  await play(page, "loaded", "/domains/sales");
  await page.getByRole("table", { name: "What breaks it" }).getByRole("button", { name: "Ask" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Ask for a waiver of invoices" });
  await expect(dialog).toContainText("only the domain of a table writes it");
  await expectAccessible(page);
  await dialog.getByLabel(/^Reason/).fill("until the event is consumed");
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Ask", exact: true }).click();
  expect((await sent).postDataJSON()).toEqual({ check: "write-to-foreign-table", what: "invoices", reason: "until the event is consumed", expires: "2026-12-06" });
});

test("feedback is joined to what they saw and did, and what it holds is text", async ({ page }) => {
  await play(page, "loaded", "/feedback");
  const voices = page.getByRole("list", { name: "What customers said" });
  await expect(voices.getByRole("listitem")).toHaveCount(4);
  const first = voices.getByRole("listitem").first();
  await expect(first).toContainText("deployment 6, one-address on, search-ranking popular");
  await expect(first).toContainText("checkout (about it): 2 of 4 steps, last: address given");
  await expect(voices).toContainText('<script>alert("not run")</script>');
  await expect(voices.getByRole("listitem").nth(2)).toContainText(/whose words is not known.*Saw.*not known.*Did.*not known/);
  await page.getByRole("searchbox").fill("flag:one-address variant:off");
  await expect(page).toHaveURL(/q=flag%3Aone-address\+variant%3Aoff/);
  await expect(voices.getByRole("listitem")).toHaveCount(1);
  await expect(page.getByText("trunkline feedback list flag:one-address variant:off")).toBeVisible();
});

test("what a customer said elsewhere is written down once", async ({ page }) => {
  await play(page, "loaded", "/feedback");
  await page.getByRole("button", { name: "Write down" }).click();
  const dialog = page.getByRole("dialog", { name: "What a customer said" });
  await expectAccessible(page);
  await dialog.getByLabel("Their words").fill("Where is my parcel?");
  await dialog.getByLabel("Journey that they speak of").selectOption("checkout");
  await dialog.getByLabel("Tags, with spaces between").fill("delivery slow");
  const sent = page.waitForRequest((r) => r.method() === "PUT");
  await dialog.getByRole("button", { name: "Write down" }).click();
  expect(new URL((await sent).url()).pathname).toMatch(/^\/api\/v1\/feedback\/[0-9a-f-]{36}$/);
  expect((await sent).postDataJSON()).toEqual({ text: "Where is my parcel?", journey: "checkout", tags: ["delivery", "slow"] });
  await expect(dialog).toHaveCount(0);
});

test("feedback is tagged, and what is no tag is told as such", async ({ page }) => {
  await play(page, "loaded", "/feedback");
  await page.getByRole("button", { name: "Tag it" }).click();
  const dialog = page.getByRole("dialog", { name: "Tags" });
  await dialog.getByRole("textbox").fill("Fast!");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert")).toContainText("is no tag");
  await dialog.getByRole("textbox").fill("fast praise");
  const sent = page.waitForRequest((r) => r.method() === "PUT");
  await dialog.getByRole("button", { name: "Save" }).click();
  expect((await sent).postDataJSON()).toEqual({ tags: ["fast", "praise"] });
});

test("a journey and a flag show what was said about them", async ({ page }) => {
  await play(page, "loaded", "/journeys/checkout");
  await expect(page.getByRole("list", { name: "What customers said" })).toContainText("rated 2 of 5 · 2 of 4 steps, last: address given");
  await play(page, "loaded", "/flags/one-address");
  await expect(page.getByRole("list", { name: "What customers with it said" })).toContainText("had “off”");
  await page.getByRole("link", { name: "all 3 voices" }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Feedback that matches flag:one-address" })).toBeVisible();
});

test("a guarded ramp says where it is, what it saw and what it waits for, and can be paused", async ({ page }) => {
  await play(page, "loaded", "/flags/one-address");
  const stages = page.getByRole("list", { name: "Stages of ramp 4" });
  await expect(stages.getByRole("listitem")).toHaveText(["1 %Passed4 h ago", "5 %Passed3 h ago", "25 %Here2 h ago", /^50 %Ahead/, /^100 %Ahead/]);
  await expect(page.getByRole("table", { name: "What customers did" })).toContainText("+2.1 points, at most +7.1");
  await expect(page.getByText("41 persons who entered checkout without having been shown either")).toBeVisible();
  await page.getByRole("button", { name: "Pause" }).click();
  const dialog = page.getByRole("dialog", { name: "Pause ramp 4 of one-address" });
  await expect(dialog).toContainText("4,812 persons have another variant");
  await expectAccessible(page);
  await dialog.getByRole("textbox").fill("stock-taking");
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Pause" }).click();
  expect(new URL((await sent).url()).pathname).toBe("/api/v1/ramps/4/pause");
  expect((await sent).postDataJSON()).toEqual({ reason: "stock-taking" });
});

test("a guarded ramp is begun with its stages and its guard, and wants a guard", async ({ page }) => {
  await play(page, "loaded", "/flags/gift-wrap");
  await page.getByRole("button", { name: "Begin a guarded ramp" }).click();
  const dialog = page.getByRole("dialog", { name: "Begin a guarded ramp of gift-wrap" });
  await dialog.getByLabel("Stages, in per cent").fill("5, 3");
  await expect(dialog).toContainText("each stage is larger than the one before");
  await dialog.getByLabel("Stages, in per cent").fill("5, 50, 100");
  await dialog.getByRole("button", { name: "Begin" }).click();
  await expect(dialog.getByRole("alert")).toContainText("Choose a journey");
  await dialog.getByLabel("checkout", { exact: true }).check();
  await expectAccessible(page);
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Begin" }).click();
  expect((await sent).postDataJSON()).toEqual({ flag: "gift-wrap", variant: "on", stages: [0.05, 0.5, 1], step_seconds: 600, step_persons: 200, guards: ["checkout"] });
});

test("a flag says that a principle holds it, and that an experiment left it without a purpose", async ({ page }) => {
  await play(page, "loaded", "/flags/gift-wrap");
  await expect(page.getByText(/Held by a principle since .*it breaks the principle Flags end/)).toBeVisible();
  await expect(page.getByText("Only verifiers, testers and the segment internal see it.")).toBeVisible();
  await play(page, "loaded", "/flags/old-basket");
  await expect(page.getByText('trunkline flag retire old-basket --reason "basket-again shipped"')).toBeVisible();
  await play(page, "loaded", "/flags/one-address");
  await expect(page.getByText("Customers are still divided; it is retired once everybody has it.")).toBeVisible();
});
