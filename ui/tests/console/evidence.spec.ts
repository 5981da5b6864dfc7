import { expect } from "@playwright/test";
import { play, test } from "./scene";

test("a gate that stops a change says what is wrong, where, and what helps", async ({ page }) => {
  await play(page, "loaded", "/runs/run-e81c4d0");
  await expect(page.getByRole("heading", { name: "What the gate security says" })).toBeVisible();
  const problem = page.getByRole("list", { name: "Problems" }).getByRole("listitem");
  await expect(problem).toContainText("package-lock.json:214 address-format 2.3.1 has GHSA-w7fw-mjwx-w883 (critical), fixed in 2.3.4");
  await expect(problem).toContainText("address-format 2.3.4 has it not any more");
  await page.getByText("What it saw").click();
  await expect(page.getByText("23,647")).toBeVisible();
});

test("a gate that only observes is not told as passed", async ({ page }) => {
  await play(page, "loaded", "/runs/run-3f9c2ab?step=gate: ownership");
  await expect(page.getByRole("row", { name: /gate: ownership/ })).toContainText("Observed");
  await expect(page.getByText("its people have not turned it on, so it passes")).toBeVisible();
});

test("a deployment shows its artifact, its probe and its guard with what each saw", async ({ page }) => {
  await play(page, "loaded", "/deployments/6");
  await expect(page.getByRole("img", { name: /^Funnel of deployment 4 against deployment 6: basket filled 3,911 against 214 persons/ })).toBeVisible();
  await expect(page.getByRole("link", { name: "log", exact: true })).toHaveAttribute("href", "/api/v1/deployments/6/logs/probe-checkout");
  await expect(page.getByText("npm ci --omit=dev")).toBeVisible();
  await play(page, "loaded", "/deployments/5");
  await expect(page.getByText("No provenance")).toBeVisible();
});

test("a change is told in the order in which it happened", async ({ page }) => {
  await play(page, "loaded", "/changes/3f9c2ab");
  await expect(page.getByRole("table", { name: "Findings of this change" })).toContainText("GHSA-w7fw-mjwx-w883");
  await expect(page.getByText("Where did the company field go?")).toBeVisible();
  await expect(page.getByRole("link", { name: "all of it" })).toHaveAttribute("href", /^\/console\/feedback\?q=change%3A3f9c2ab/);
  const told = ["Checks", "Gates", "Artifacts", "Deployments", "Flags and who saw it", "Effect on journeys", "Verdicts", "Findings", "What customers said"];
  const titles = await page.getByRole("heading", { level: 2 }).allTextContents();
  expect(titles.filter((title) => told.includes(title))).toEqual(told);
});
