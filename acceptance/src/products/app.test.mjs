import assert from "node:assert";
import { test } from "node:test";
import { greeting } from "./app.mjs";

test("says hello", () => {
  assert.equal(greeting("pets"), "hello pets");
});
