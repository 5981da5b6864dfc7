import { expect, test } from "vitest";
import { matches, oneOf, partOf, termsOf } from "./terms";

const shop = (filter: string) => matches(filter, { team: oneOf("Checkout", "two words"), flag: partOf("one-address", null) }, partOf("the shop", "fix: prices"));

test("a filter is taken apart into keys and words; what stands in quotes is one", () => {
  expect(termsOf('A event:"order placed" "b c" trailing: :leading')).toEqual([
    { key: "", value: "a" }, { key: "event", value: "order placed" }, { key: "", value: "b c" }, { key: "", value: "trailing:" }, { key: "", value: ":leading" },
  ]);
});

test("all terms hold together; a key that nobody knows is a word like others", () => {
  for (const yes of ["", "team:checkout SHOP", 'team:"two words"', "team:words", "flag:address", '"fix: prices"', "fix:"]) expect(shop(yes), yes).toBe(true);
  for (const no of ["team:check", "flag:none", "colour:red", "shop team:other", "constructor:x"]) expect(shop(no), no).toBe(false);
});
