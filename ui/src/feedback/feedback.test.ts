import { expect, test } from "vitest";
import { filterPath, fromWords, newId, passedWords, tagsOf } from "./words";

test("tags are words, each once", () => {
  expect(tagsOf(" price, delivery price ")).toEqual(["price", "delivery"]);
  expect(tagsOf("")).toEqual([]);
  expect(() => tagsOf("Price")).toThrow("is no tag");
});

test("how far they came is said without making none of what is none", () => {
  const passed = { journey: "checkout", step: "address given", steps_done: 2, steps: 4, is_about: false };
  expect(passedWords(passed)).toBe("2 of 4 steps, last: address given");
  expect(passedWords({ ...passed, step: null, steps_done: 0 })).toBe("at no step of it then");
  expect(passedWords({ ...passed, steps_done: 4 })).toBe("came through");
  expect(fromWords({ survey: "exit", channel: null, completed: false })).toBe("survey exit, closed before its end");
});

test("an id is a UUID of version 4, another each time", () => {
  expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newId()).not.toBe(newId());
});

test("a filter is part of an address", () => {
  expect(filterPath("flag:one-address", "variant:on")).toBe("/feedback?q=flag%3Aone-address%20variant%3Aon");
});
