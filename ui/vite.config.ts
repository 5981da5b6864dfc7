import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The console is embedded in the binary and served under /console/ with a policy that allows our own files only:
// nothing may be inlined.
export default defineConfig({
  base: "/console/",
  plugins: [react()],
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, license: { fileName: "licenses.md" } },
  server: { proxy: { "/api": "http://127.0.0.1:7300" } },
  test: { include: ["src/**/*.test.ts"] },
});
