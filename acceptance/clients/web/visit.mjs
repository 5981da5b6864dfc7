// Visitors in a real browser: visit.mjs PRODUCT_URL VISITORS. Says what they see, one JSON document a line, and follows the
// last of them until the flag is off for everybody.
import { chromium } from "playwright-core";

const [url, visitors] = [process.argv[2], Number(process.argv[3])];
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });

/** A visitor with a profile of their own: comes, comes back (so that their cookie is known), sees the page, and buys. */
async function visit(buys) {
  // A headless browser says so, and what says that it is a program is kept apart.
  const context = await browser.newContext({ userAgent: USER_AGENT });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("response", (response) => response.status() >= 400 && wrong.push(`${response.status()} ${response.url()}`));
  await page.goto(url);
  await page.reload();
  await page.waitForSelector("#checkout[data-variant]:not([data-variant=''])");
  const shown = page.locator("#checkout");
  const person = await page.locator("meta[name=trunkline-person]").getAttribute("content");
  if (buys) {
    // posthog-js sends in batches, and what is left when the page is hidden.
    const sent = page.waitForResponse((response) => response.request().postData()?.includes("order placed") ?? false, { timeout: 5_000 }).catch(() => null);
    await page.click("#buy");
    await sent;
  }
  say({ person, variant: await shown.getAttribute("data-variant"), reason: await shown.getAttribute("data-reason"), buys, wrong });
  return { context, page, shown };
}

let last;
for (let n = 0; n < visitors; n++) {
  const visitor = await visit(n % 2 === 0);
  const isOn = (await visitor.shown.getAttribute("data-variant")) === "on";
  if (isOn) last = visitor;
}
say({ open: last !== undefined });
if (last) {
  await last.page.waitForFunction(() => document.querySelector("#checkout").textContent === "old checkout", undefined, { timeout: 20_000 });
  say({ changed: true });
}
await browser.close();
