import { expect } from "@playwright/test";
import { expectAccessible, expectNoSidewaysScroll } from "../page";
import { play, test } from "./scene";

test("Now says first where the product stands and who is needed", async ({ page }) => {
  await play(page, "loaded", "/");
  await expect(page.locator(".verdict p")).toHaveText("2 things need someone. Customers have shop 6 (3f9c2ab) and search 2 (e5510aa)");
  await expect(page.getByRole("table", { name: "Services" })).toContainText("412");
  await expect(page.getByRole("navigation", { name: "Places" })).toContainText("2 need someone");
});

test("an empty list says which command fills it", async ({ page }) => {
  for (const [path, command] of [["/", "git push"], ["/changes", "trunkline init"], ["/deployments", "git push"], ["/flags", "git push"], ["/journeys", "trunkline init"], ["/experiments", "git push"], ["/domains", "git push"], ["/principles", "git push"], ["/waivers", "trunkline waiver add"], ["/feedback", "trunkline feedback import"], ["/features", "trunkline init"], ["/events", "trunkline init"], ["/settings/tokens", "trunkline token create"], ["/settings/secrets", "trunkline secret set"], ["/settings/repositories", "trunkline repo add"], ["/settings/notifications", "trunkline notify add"]] as const) {
    await play(page, "empty", path);
    await expect(page.locator(".empty", { hasText: command }).first()).toBeVisible();
  }
});

test("an error says what to do and keeps what was there", async ({ page }) => {
  await play(page, "loaded", "/");
  await expect(page.getByRole("table", { name: "Services" })).toContainText("412");
  await page.context().addCookies([{ name: "scene", value: "error", url: "http://127.0.0.1" }]);
  await page.getByRole("link", { name: "Changes" }).first().click();
  await expect(page.getByRole("alert")).toContainText(/The control store does not answer\.\s*trunkline doctor says what is wrong\./);
  await page.getByRole("link", { name: "Now" }).first().click();
  await expect(page.getByRole("alert")).toContainText("What you see below is from before");
  await expect(page.getByRole("table", { name: "Services" })).toContainText("412");
});

test("the filter is part of the address and survives a reload", async ({ page }) => {
  await play(page, "loaded", "/changes");
  await expect(page.getByRole("link", { name: "Gift wrapping" })).toBeVisible();
  await page.getByRole("searchbox").fill("author:jonas");
  await expect(page).toHaveURL(/q=author%3Ajonas/);
  await expect(page.getByRole("link", { name: "Gift wrapping" })).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("searchbox")).toHaveValue("author:jonas");
  await page.getByRole("button", { name: "state:failed" }).click();
  await expect(page).toHaveURL(/author%3Ajonas\+state%3Afailed|author%3Ajonas%20state%3Afailed/);
});

test("the list goes on where its page ended", async ({ page }) => {
  await play(page, "loaded", "/changes");
  await expect(page.getByRole("link", { name: "The shop", exact: true })).toHaveCount(0);
  await page.getByRole("button", { name: "Show older" }).click();
  await expect(page.getByRole("link", { name: "The shop", exact: true })).toBeVisible();
});

test("everything is reached by keyboard", async ({ page }) => {
  await play(page, "loaded", "/");
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Changes");
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("searchbox")).not.toBeFocused();
  await expect(page.getByRole("link", { name: "Round prices to whole cents" })).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(page.getByRole("link", { name: "Round prices to whole cents" })).toBeFocused();
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Show the delivery day in the order list");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  for (const [key, title] of [["f", "Flags"], ["j", "Journeys"], ["x", "Experiments"], ["o", "Domains"], ["b", "Feedback"], ["u", "Features"], ["e", "Events"], ["v", "Security"], ["d", "Deployments"], ["m", "Delivery"], ["s", "Settings"], ["n", "Now"]] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
  }
});

test("the theme follows the system until one is chosen, and the choice stays", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await play(page, "loaded", "/");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(await ground()).toBe("rgb(17, 19, 21)");
  await page.getByRole("button", { name: /^Theme/ }).click();
  expect(await ground()).toBe("rgb(250, 250, 248)");
  await page.reload();
  await page.locator("h1").waitFor();
  expect(await ground()).toBe("rgb(250, 250, 248)");
});

test("the change page tells the story, with a table for its picture", async ({ page }) => {
  await play(page, "loaded", "/changes/3f9c2ab");
  await expect(page.locator(".verdict p")).toHaveText("All customers have it: deployment 6 is live; 4,812 persons have seen what is behind its flag. The experiment goes on: so far paid +2.1 points, between -0.4 and +4.6; 2 findings are open");
  await expect(page.getByRole("img", { name: /^Timeline of 34 min 58 s\. Commit: 3f9c2ab on trunk/ })).toBeVisible();
  await page.getByText("as a table").first().click();
  await expect(page.getByRole("region", { name: "Timeline as a table" })).toContainText("goes on");
  await expect(page.getByRole("region", { name: "Timeline as a table" }).getByRole("row").nth(2)).toContainText("6 steps passed");
  await expect(page.getByRole("region", { name: "Timeline as a table" })).toContainText("3 things more: each lane shows its newest.");
  await expect(page.getByRole("table", { name: "Guards of this change" })).toContainText("nothing speaks against it");
  await expect(page.getByText("on first seen 27 min ago, by 4,812 persons since")).toBeVisible();
  await expect(page.getByText("What customers said")).toBeVisible();
  await expect(page.getByText("from 53.1 % to 55.3 %, better (+0.2 to +4.2 points; variants of its flag, both at the same time)")).toBeVisible();
  await expect(page.getByRole("img", { name: "checkout: +2.2 points, +0.2 to +4.2; search: −1.0 points, −4.2 to +2.1" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Flags and who saw it" })).toBeVisible();
  await expect(page.getByText("checkout keeps the address of a returning customer", { exact: true })).toBeVisible();
  await expectAccessible(page);
});

test("a log is text: colours are kept, markup is not run, overwritten progress is gone", async ({ page }) => {
  await play(page, "loaded", "/runs/run-5e77a90");
  const log = page.getByRole("log");
  await expect(log).toContainText('<script>alert("not run")</script> is text here');
  await expect(log).not.toContainText("progress 10 %");
  await expect(log.locator(".ansi-red").first()).toHaveText("✖ price rounds half up");
  await expect(page.getByText("The step printed more than is kept")).toBeVisible();
  await page.getByRole("button", { name: "lint" }).click();
  await expect(page).toHaveURL(/step=lint/);
  await expect(page.getByRole("heading", { name: "Log of lint" })).toBeVisible();
});

test("between a telephone and a desk nothing scrolls sideways, and no table leaves its card", async ({ page }) => {
  test.slow();
  for (const path of ["/", "/changes/3f9c2ab", "/deployments/6", "/delivery", "/flags", "/flags/one-address", "/journeys/checkout", "/features", "/experiments/search-ranking", "/security", "/domains/sales", "/principles/own-your-data", "/waivers", "/settings/notifications"]) {
    await play(page, "loaded", path);
    await expect(page.locator("[aria-busy='true']")).toHaveCount(0);
    for (const width of [320, 700, 821, 1000, 1101]) {
      await page.setViewportSize({ width, height: 900 });
      // Charts are drawn anew for the width a moment after it changed.
      await expect(() => expectNoSidewaysScroll(page), `${path} at ${width} px`).toPass({ timeout: 5000 });
      const outside = await page.evaluate(() => [...document.querySelectorAll(".card > table.rows")].filter((table) => table.getBoundingClientRect().right > table.parentElement!.getBoundingClientRect().right).map((table) => table.getAttribute("aria-label")));
      expect(outside, `${path} at ${width} px`).toEqual([]);
    }
  }
});
