import { expect } from "@playwright/test";
import { play, test } from "./scene";

/** The browser's stream, played by the test. */
const fakeStream = () => {
  const made: EventTarget[] = [];
  class Fake extends EventTarget {
    constructor() {
      super();
      made.push(this);
      setTimeout(() => this.dispatchEvent(new Event("open")));
    }
    close() {}
  }
  Object.assign(window, { EventSource: Fake, streamSays: (kind: string, data: string) => made.at(-1)?.dispatchEvent(new MessageEvent(kind, { data })) });
};

test("a fact asks again for what it concerns, and numbers change in place", async ({ page }) => {
  await page.addInitScript(fakeStream);
  await play(page, "loaded", "/deployments/6");
  await expect(page.getByText("Live", { exact: true }).first()).toBeVisible();
  await page.route("**/api/v1/deployments/6", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), subject: "Told by the stream" } });
  });
  await page.evaluate(() => (window as unknown as { streamSays: (k: string, d: string) => void }).streamSays("fact", '{"kind":"deployment","id":"6"}'));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("shop 6: Told by the stream");
});

test("a stream that breaks is said, and the page asks again by itself", async ({ page }) => {
  await page.route("**/api/v1/stream", (route) => route.abort());
  await play(page, "loaded", "/");
  await expect(page.getByRole("status").filter({ hasText: "Every 3 s" })).toBeVisible();
});

test("a control plane that is away is said; what was there stays", async ({ page }) => {
  await play(page, "loaded", "/");
  await expect(page.getByRole("table", { name: "Services" })).toContainText("412");
  await page.route("**/api/v1/**", (route) => route.abort());
  await page.getByRole("link", { name: "Changes" }).first().click();
  await expect(page.getByRole("alert")).toContainText("Trunkline does not answer");
  await expect(page.getByRole("status").filter({ hasText: "Offline" })).toBeVisible();
  await page.getByRole("link", { name: "Now" }).first().click();
  await expect(page.getByRole("table", { name: "Services" })).toContainText("412");
});
