import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { defineConfig } from "@playwright/test";

/** The system's Chromium: nothing is downloaded. */
function chromium(): string | undefined {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return process.env["CHROMIUM"] ?? folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}

const executablePath = chromium();
if (!executablePath) throw new Error("Chromium is not on PATH. hint: `apt-get install chromium`, or set CHROMIUM to its path");

const PORT = Number(process.env["TRUNKLINE_FIXTURE_PORT"] ?? 7398);
const isReal = process.env["TRUNKLINE_CONSOLE_LINK"] !== undefined;

// `console` runs against recorded answers. `real` runs when TRUNKLINE_CONSOLE_LINK holds a one-time link of a Trunkline that is up.
export default defineConfig({
  outputDir: "test-results/playwright",
  reporter: process.env["CI"] ? [["line"], ["json", { outputFile: "test-results/report.json" }]] : "list",
  fullyParallel: true,
  workers: 2,
  timeout: 30_000,
  use: { launchOptions: { executablePath, args: ["--no-sandbox"] }, screenshot: "only-on-failure" },
  projects: isReal
    ? [{ name: "real", testDir: "tests/real", workers: 1 }]
    : [{ name: "console", testDir: "tests/console", use: { baseURL: `http://127.0.0.1:${PORT}` } }],
  ...(isReal ? {} : { webServer: { command: `node tests/fixture/server.mjs ${PORT}`, url: `http://127.0.0.1:${PORT}/console/`, reuseExistingServer: false } }),
});
