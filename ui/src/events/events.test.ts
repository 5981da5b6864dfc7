import { describe, expect, test } from "vitest";
import { asideWord, codeWord, deletionWords, propertyDigest, propertyRows, sourceWord, term } from "./words";

describe("an event in words", () => {
  test("the product's properties come before those of the SDK", () => {
    expect(propertyRows({ $lib: "posthog-js", total: 12.5, category: "shoes" })).toEqual([["category", "shoes"], ["total", "12.5"], ["$lib", "posthog-js"]]);
  });

  test("a row has a few of them, shortened", () => {
    expect(propertyDigest({ a: 1, b: 2, c: 3, d: 4, e: 5, $lib: "x" })).toBe("a 1 · b 2 · c 3 · d 4 · 1 more");
    expect(propertyDigest({ long: "x".repeat(40) })).toBe(`long ${"x".repeat(23)}…`);
    expect(propertyDigest({ $lib: "x" })).toBe("");
  });

  test("what is left out says why", () => {
    expect(asideWord({ aside: "synthetic" })).toBe("left out of every metric: a probe did it");
    expect(asideWord({ aside: null })).toBeUndefined();
  });

  test("words that are not known are still words", () => {
    expect([sourceWord("posthog_v1"), sourceWord("carrier_pigeon"), codeWord("too_deep"), codeWord("smells_odd")]).toEqual(["PostHog v1", "carrier_pigeon", "Nested too deeply", "Smells odd"]);
  });

  test("a term with a space is quoted", () => {
    expect([term("event", "order placed"), term("person", "v-1")]).toEqual(['event:"order placed"', "person:v-1"]);
  });

  test("a deletion says how far it is", () => {
    expect(deletionWords({ hidden: true, done: true, files_left: 0 })).toBe("Gone: from every answer and from every file");
    expect(deletionWords({ hidden: true, done: false, files_left: 1 })).toContain("from 1 more file within");
  });
});
