import { expect } from "@playwright/test";
import { expectAccessible } from "../page";
import { play, test } from "./scene";

test("a flag says who gets what, by which rules, and who saw it", async ({ page }) => {
  await play(page, "loaded", "/flags/one-address");
  await expect(page.locator(".verdict p")).toHaveText("Customers are divided: off 50 %, on 50 %. Whoever is in a variant stays in it while its share grows");
  const rules = page.getByRole("list", { name: "Rules, the first that holds decides" });
  await expect(rules.getByRole("listitem")).toHaveText(["if the person is in the segment staff then on", "if country is one of AT, CH, DE then off 50 %, on 50 %", "everybody else off"]);
  await expect(page.getByRole("img", { name: /^Exposed persons of 9 days; on 22 Nov: off 668, on 686$/ })).toBeVisible();
  await expect(page.getByText("src/checkout/address.js:41")).toBeVisible();
  await expect(page.getByRole("link", { name: "checkout by variant" })).toHaveAttribute("href", "/console/journeys/checkout?by=variant%3Aone-address");
});

test("a kill shows whom it concerns, wants a reason, and can be undone", async ({ page }) => {
  await play(page, "loaded", "/flags/one-address");
  await page.getByRole("button", { name: "Kill" }).click();
  const dialog = page.getByRole("dialog", { name: "Kill one-address" });
  await expect(dialog).toContainText("4,812 persons have another variant than the off one now");
  await expect(dialog).toContainText("1 journey is measured with it: checkout");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Kill" }).click();
  await expect(dialog.getByRole("textbox")).toBeFocused();
  await dialog.getByRole("textbox").fill("wrong totals");
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Kill" }).click();
  const request = await sent;
  expect(new URL(request.url()).pathname).toBe("/api/v1/flags/one-address/kill");
  expect(request.postDataJSON()).toEqual({ reason: "wrong totals" });
  expect(request.headers()["x-csrf-token"]).toBe("fixture-csrf");
  await expect(page.getByRole("status").filter({ hasText: "is killed: revision 13, in force at the edge" })).toContainText("trunkline flag set one-address --revision 12");
});

test("a ramp stays whole, is previewed, and is sent as shares", async ({ page }) => {
  await play(page, "loaded", "/flags/one-address");
  await page.getByRole("button", { name: "Ramp", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Ramp one-address" });
  await dialog.getByLabel("on, per cent").fill("80");
  await expect(dialog.getByLabel("off, slider")).toHaveValue("20");
  await expect(dialog).toContainText("on grows from 50 to 80 %, about 1,444 of the 4,812 persons seen");
  await expect(dialog.getByRole("img")).toHaveAccessibleName("Split: off 20 %, on 80 %");
  await expectAccessible(page);
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Ramp", exact: true }).click();
  expect((await sent).postDataJSON()).toEqual({ split: { off: 0.2, on: 0.8 } });
});

test("testers come and go, and a flag is set back", async ({ page }) => {
  await play(page, "loaded", "/flags/one-address");
  await page.getByRole("button", { name: "Add a tester" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("visitor 7/ä");
  const added = page.waitForRequest((r) => r.method() === "PUT");
  await dialog.getByRole("button", { name: "Add" }).click();
  expect((await added).url()).toContain("/api/v1/flags/one-address/testers/visitor%207%2F%C3%A4");
  expect((await added).postDataJSON()).toEqual({ variant: "on" });
  await page.getByRole("row", { name: /first customers/ }).getByRole("button", { name: "Set back" }).click();
  const back = page.waitForRequest((r) => r.method() === "POST");
  await page.getByRole("dialog", { name: "Set one-address back to revision 9" }).getByRole("button", { name: "Set back" }).click();
  expect((await back).postDataJSON()).toEqual({ revision: 9 });
});

test("a refused write stays open and says why", async ({ page }) => {
  await play(page, "loaded", "/flags/gift-wrap");
  await page.getByRole("button", { name: "Kill" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("x");
  await dialog.getByRole("button", { name: "Kill" }).click();
  await expect(dialog.getByRole("alert")).toContainText("Gift-wrap is held: its table has no owner");
});

test("what the edge does not have yet is not called in force", async ({ page }) => {
  await play(page, "loaded", "/flags/express-pay");
  await expect(page.locator(".verdict p")).toContainText("Off for everybody since it was killed by ana: double charges");
  await page.getByRole("button", { name: "Clear the kill" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Clear the kill" }).click();
  await expect(page.getByRole("status").filter({ hasText: "not yet in force: the edge does not answer" })).toBeVisible();
});

test("a context is explained; what is no context is told as such", async ({ page }) => {
  await play(page, "loaded", "/flags/one-address");
  const context = page.getByLabel("Evaluation context as JSON");
  await context.fill("[1]");
  await page.getByRole("button", { name: "Explain" }).click();
  await expect(page.getByRole("alert")).toContainText("A context is a JSON object");
  await context.fill('{"targetingKey": "visitor-1", "country": "AT"}');
  const sent = page.waitForRequest((r) => r.url().endsWith("/evaluate"));
  await page.getByRole("button", { name: "Explain" }).click();
  expect((await sent).postDataJSON()).toEqual({ context: { targetingKey: "visitor-1", country: "AT" } });
  await expect(page.getByText("the split gives on to this targeting key")).toBeVisible();
});

test("a journey says who came how far, side by side, with a table for every picture", async ({ page }) => {
  await play(page, "loaded", "/journeys/checkout");
  await expect(page.getByRole("img", { name: /^Funnel: basket filled 4,820 persons; address given 72\.5 %; payment chosen 63\.5 %; paid 54\.2 %$/ })).toBeVisible();
  await expect(page.getByText("2 verifiers walked the journey too and are left out")).toBeVisible();
  await page.getByLabel("Side by side").selectOption("variant:one-address");
  await expect(page).toHaveURL(/by=variant%3Aone-address/);
  await expect(page.getByRole("img", { name: /^Funnel of off against on: basket filled 2,391 against 2,380 persons/ })).toBeVisible();
  await expect(page.getByRole("table", { name: "Breakdown" })).toContainText("53.3 % to 57.3 %");
  await page.getByText("as a table").first().click();
  await expect(page.getByRole("region", { name: "Funnel as a table" })).toContainText("paid, on");
  await expect(page.getByRole("img", { name: /^Paid by hour of entry: .*The last 3 hours may still rise.*Marked: shop 4 live \(0c4e9d7\) at 19 Nov 20:00/ })).toBeVisible();
});

test("when, who and which persons are part of the address and of what is asked", async ({ page }) => {
  await play(page, "loaded", "/journeys/checkout?from=2026-11-01&to=2026-11-03");
  const asked = page.waitForRequest((r) => r.url().includes("/report") && r.url().includes("witnessed"));
  await page.getByRole("button", { name: "witnessed" }).click();
  const query = new URL((await asked).url()).searchParams;
  expect([query.get("from"), query.get("to"), query.get("who")]).toEqual(["2026-11-01T00:00:00.000Z", "2026-11-04T00:00:00.000Z", "witnessed"]);
  await expect(page.getByText("trunkline journey report checkout --from 2026-11-01 --to 2026-11-03 --who witnessed")).toBeVisible();
  const persons = page.waitForRequest((r) => r.url().includes("/persons?") && r.url().includes("outcome=converted"));
  await page.getByRole("button", { name: "Came to" }).click();
  expect(new URL((await persons).url()).searchParams.get("step")).toBe("4");
  await page.getByRole("link", { name: "visitor-4810" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Person visitor-4810");
});

test("features are filtered by trend, and a suggestion gives its file", async ({ page }) => {
  await play(page, "loaded", "/features");
  const table = page.getByRole("table", { name: "Features" });
  await expect(table.getByRole("row")).toHaveCount(8);
  await page.getByRole("button", { name: "trend:rising" }).click();
  await expect(table.getByRole("row")).toHaveCount(3);
  await page.getByText("journeys/find-and-order.yaml").click();
  await expect(page.getByRole("region", { name: /YAML of/ })).toContainText("journey: find-and-order");
});

test("events open to their properties, stand still when paused, and what they hold is text", async ({ page }) => {
  await play(page, "loaded", "/events");
  const list = page.getByRole("list", { name: "Events" });
  await expect(list.getByRole("listitem")).toHaveCount(6);
  await list.getByText("basket changed").click();
  await expect(list.getByText('<script>alert("not run")</script>', { exact: true })).toBeVisible();
  await expect(list.getByText("sent as anon-77")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Pause" }).click();
  let asked = 0;
  page.on("request", (r) => { if (/\/events\?/.test(r.url())) asked += 1; });
  await page.waitForTimeout(2500);
  expect(asked).toBe(0);
  await page.getByRole("button", { name: "Go on" }).click();
  await expect.poll(() => asked).toBeGreaterThan(0);
});

test("what was refused is counted and explained", async ({ page }) => {
  await play(page, "loaded", "/events/rejections");
  await expect(page.getByRole("table", { name: "Reasons" })).toContainText("1,402");
  await expect(page.getByRole("table", { name: "Rejections" })).toContainText("properties are nested 10,000 deep; at most 32 levels are taken");
});

test("a person is deleted only when the id is typed", async ({ page }) => {
  await play(page, "loaded", "/persons/visitor-4810");
  await expect(page.getByRole("link", { name: "Export" })).toHaveAttribute("href", "/api/v1/persons/visitor-4810/export");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Delete visitor-4810" });
  await expect(dialog).toContainText("It cannot be undone");
  await dialog.getByRole("textbox").fill("visitor-1");
  await dialog.getByRole("button", { name: "Delete for ever" }).click();
  await expect(dialog.getByRole("alert")).toContainText("Type visitor-4810 to delete this person");
  await dialog.getByRole("textbox").fill("visitor-4810");
  const sent = page.waitForRequest((r) => r.method() === "DELETE");
  await dialog.getByRole("button", { name: "Delete for ever" }).click();
  await sent;
  await expect(page.getByRole("status").filter({ hasText: "No answer shows it any more" })).toBeVisible();
});

test("a deployment says how its dark verification ended", async ({ page }) => {
  await play(page, "loaded", "/deployments/6");
  await expect(page.getByText("checkout paid in production as a verifier in 2.1 s, with one-address on")).toBeVisible();
  await expect(page.getByRole("img", { name: /^State machine: .*probe done/ })).toBeVisible();
  await expect(page.getByRole("link", { name: "probe-checkout" })).toHaveAttribute("href", "/api/v1/deployments/6/logs/probe-checkout");
});

test("an experiment says whether its arms can be compared before what they show", async ({ page }) => {
  await play(page, "loaded", "/experiments/one-address");
  await expect(page.locator(".verdict p")).toHaveText("\"on\" took paid from 53.1 % to 65.2 % (+12.1 points, between +7.9 and +16.3 at any look): ship it.");
  await expect(page.getByRole("heading", { level: 2 }).first()).toHaveText("Whether the arms can be compared");
  await expect(page.getByText("Sizes of the arms: 2,391 off, 2,422 on (p 0.8214, at all looks together)")).toBeVisible();
  await expect(page.getByRole("img", { name: /^paid over 61 looks: \+12\.2 points at the last, between \+8\.0 points and \+16\.4 points; above no difference$/ })).toBeVisible();
  await expect(page.getByRole("table", { name: "Metrics" })).toContainText("+12.1 points, +7.9 to +16.3");
});

test("a person decides with a reason, and a new definition waits", async ({ page }) => {
  await play(page, "loaded", "/experiments/search-ranking");
  await expect(page.getByText("Trunk declares it otherwise by now.")).toBeVisible();
  await page.getByRole("button", { name: "Decide" }).click();
  const dialog = page.getByRole("dialog", { name: "Decide search-ranking" });
  await expect(dialog).toContainText("810 persons were counted so far");
  await expectAccessible(page);
  await dialog.getByRole("radio", { name: /^Ship/ }).check();
  await dialog.getByRole("textbox").fill("the season is over");
  const sent = page.waitForRequest((r) => r.method() === "POST");
  await dialog.getByRole("button", { name: "Decide" }).click();
  const request = await sent;
  expect(new URL(request.url()).pathname).toBe("/api/v1/experiments/search-ranking/decide");
  expect(request.postDataJSON()).toEqual({ decision: "ship", reason: "the season is over" });
});

test("an experiment that began anew shows what its earlier runs said", async ({ page }) => {
  await play(page, "loaded", "/experiments/search-ranking");
  const runs = page.getByRole("table", { name: "Earlier runs" });
  await expect(runs.getByRole("row", { name: /Run 2/ })).toContainText("mira decided: the ranking hid what is out of stock too late");
  await expect(runs.getByRole("row", { name: /Run 1/ })).toContainText("Decided: invalid");
  await play(page, "loaded", "/experiments/one-address");
  await expect(page.getByRole("table", { name: "Earlier runs" })).toHaveCount(0);
});

test("an experiment that has not begun shows no figure; the list is filtered", async ({ page }) => {
  await play(page, "loaded", "/experiments?q=state:draft");
  await expect(page.getByRole("table", { name: "Experiments" }).getByRole("row")).toHaveCount(2);
  await page.getByRole("link", { name: "gift-wrap" }).first().click();
  await expect(page.locator(".verdict")).toContainText("Declared, and nobody is counted");
  await expect(page.getByText("7 days")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Metrics" })).toHaveCount(0);
});
