// Visitors whom posthog-js may ask: answer.mjs PRODUCT_URL VISITORS. Each comes, comes back, buys, and answers the survey if one is
// shown. The page itself asks for the flag before; `unasked` are the flags that posthog-js told of until then, `told` all of them. Says
// what became of each, one JSON document a line.
import { gunzipSync } from "node:zlib";

import { chromium } from "playwright-core";

const [url, visitors] = [process.argv[2], Number(process.argv[3])];
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
/** posthog-js looks once a second whom it may ask. */
const SHOWN_WITHIN = 6_000;
const LOOKED_AT = 2_500;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });

/** What was sent, packed or not. */
function body(request) {
  const bytes = request.postDataBuffer();
  if (!bytes) return "";
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString();
}

async function visit(n) {
  const context = await browser.newContext({ userAgent: USER_AGENT });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("response", (response) => response.status() >= 400 && wrong.push(`${response.status()} ${response.url()}`));
  await page.addInitScript(() => {
    window.told = [];
    const listen = setInterval(() => {
      if (!window.posthog?.on) return;
      clearInterval(listen);
      window.posthog.on("eventCaptured", ({ event, properties }) => event === "$feature_flag_called" && window.told.push(properties.$feature_flag));
    }, 1);
  });
  await page.goto(url);
  await page.reload();
  await page.waitForSelector("#checkout[data-variant]:not([data-variant=''])");
  const variant = await page.locator("#checkout").getAttribute("data-variant");
  const person = await page.locator("meta[name=trunkline-person]").getAttribute("content");
  // Long enough for posthog-js to have looked whom its survey is for.
  await page.waitForFunction(() => window.posthog.featureFlags?.hasLoadedFlags);
  await page.waitForTimeout(LOOKED_AT);
  const unasked = await page.evaluate(() => window.told);
  await page.evaluate(() => window.posthog.getFeatureFlag("new-checkout"));
  const early = await page.locator(".ph-survey").count();
  await page.click("#buy");
  const survey = page.locator(".ph-survey");
  const shown = await survey.waitFor({ timeout: SHOWN_WITHIN }).then(() => true, () => false);
  const words = `visitor ${n}: my street twice`;
  if (shown) {
    await survey.locator(".ratings-number").nth(3).click();
    await survey.locator(".form-submit").click();
    await survey.locator("textarea").fill(words);
    const answered = page.waitForRequest((request) => body(request).includes(words), { timeout: 10_000 });
    await survey.locator(".form-submit").click();
    await answered;
    await survey.getByText("Thank you").waitFor();
  }
  const told = await page.evaluate(() => window.told);
  // What is left is sent when the page is hidden.
  await page.close({ runBeforeUnload: true });
  say({ person, variant, early, shown, words, wrong, unasked, told });
  await context.close();
}

for (let n = 0; n < visitors; n++) await visit(n);
await browser.close();
