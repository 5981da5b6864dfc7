// Puts the scripts of posthog-js into `dist/posthog`: the edge serves them first party, below `/_trunkline/static/`.
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

// The library, and the parts of it that it loads by itself when asked to.
const scripts = ["array.js", "surveys.js", "exception-autocapture.js", "web-vitals.js", "dead-clicks-autocapture.js"];

const from = dirname(createRequire(import.meta.url).resolve("posthog-js/dist/array.js"));
const to = new URL("../dist/posthog/", import.meta.url).pathname;
mkdirSync(to, { recursive: true });
for (const script of scripts) copyFileSync(join(from, script), join(to, script));
