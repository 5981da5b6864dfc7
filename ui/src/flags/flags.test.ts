import { describe, expect, test } from "vitest";
import { conditionWords, servesWords } from "./logic";
import type { FlagView } from "./shapes";
import { blastWords, canRamp, expiryWords, flagSentence, flagState, inOrder, rampCommand, rampWords, rebalance, splitOf, valueWord, wrongWith } from "./words";

const flag: FlagView = {
  key: "one-address", state: "ramping", type: "boolean", unit: "visitor", expired: false, edge: true, changed: { at: "2026-11-22T12:00:00Z", who: "ana", what: "flag.ramped" }, revision: 7, variants: ["off", "on"], values: { off: false, on: true }, default_variant: "off", killed: false, rules: [], testers: [], history: [], blast: { persons_now: null, journeys: [] },
  split: [{ variant: "off", share: 0.75 }, { variant: "on", share: 0.25 }],
};

describe("a flag in a sentence", () => {
  test("says who gets what", () => {
    expect(flagSentence(flag)).toBe("Customers are divided: off 75 %, on 25 %. Whoever is in a variant stays in it while its share grows");
    expect(flagSentence({ ...flag, state: "live", split: [{ variant: "on", share: 1 }] })).toBe("Everybody gets `on`");
    expect(flagSentence({ ...flag, state: "dark", split: [], testers: [{ targeting_key: "ana", variant: "on" }] })).toBe("Deployed and not released: only 1 tester and verifiers get anything but `off`");
    expect(flagSentence({ ...flag, state: "killed", killed: true, killed_by: { at: "", who: "ana", why: "wrong totals" } })).toBe("Off for everybody since it was killed by ana: wrong totals; no rule counts until the kill is cleared");
  });

  test("one variant for all is no division: where a flag ramps its rules divide", () => {
    expect(flagSentence({ ...flag, split: [{ variant: "off", share: 1 }] })).toBe("Some customers get it by rule, the others do not");
    expect(splitOf({ state: "live", split: [{ variant: "on", share: 1 }] })).toHaveLength(1);
    expect(inOrder({ variants: ["on", "off"], default_variant: "off" })).toEqual(["off", "on"]);
  });

  test("a state that this console does not know is still a word", () => {
    expect(flagState("thawing")).toEqual({ kind: "plain", word: "Thawing" });
    expect(flagState("killed").kind).toBe("bad");
  });

  test("values are short", () => {
    expect([valueWord(true), valueWord("red"), valueWord({ a: 1 })]).toEqual(["true", "red", '{"a":1}']);
    expect(valueWord("x".repeat(100))).toHaveLength(60);
  });
});

describe("whom it concerns", () => {
  test("what is not known is not zero", () => {
    expect(blastWords(flag)[0]).toBe("How many persons have another variant than the off one is not known");
    expect(blastWords({ ...flag, owner: "sales", blast: { persons_now: 1, journeys: ["checkout"] } })).toEqual(["1 person has another variant than the off one now", "1 journey is measured with it: checkout", "Its owner is sales"]);
  });

  test("an end is said before it is late", () => {
    const now = Date.parse("2026-11-22T00:00:00Z");
    expect(expiryWords("2026-12-22", now)).toEqual({ text: "ends in 30 days", late: false });
    expect(expiryWords("2026-11-25", now)).toEqual({ text: "ends in 3 days", late: true });
    expect(expiryWords("2026-11-12", now)).toEqual({ text: "should be gone since 10 days", late: true });
  });
});

describe("a ramp", () => {
  test("stays whole whatever is set", () => {
    for (const start of [{ off: 75, on: 25 }, { a: 0, b: 0, c: 100 }, { a: 33.3, b: 33.3, c: 33.4 }, { only: 100 }])
      for (const value of [0, 0.1, 33.3, 50, 99.9, 100, 250, -4, Number.NaN]) {
        const [first] = Object.keys(start);
        const next = rebalance(start, first ?? "", value);
        expect(wrongWith(next), JSON.stringify({ start, value, next })).toBeUndefined();
        expect(Object.keys(next)).toEqual(Object.keys(start));
      }
  });

  test("is offered where the server would take it", () => {
    expect(canRamp({ variants: ["on", "off"], no_ramp: null })).toBe(true);
    expect(canRamp({ variants: ["on", "off"], no_ramp: "the rule has several splits" })).toBe(false);
    expect(canRamp({ variants: ["on"], no_ramp: null })).toBe(false);
  });

  test("is refused with the reason", () => {
    expect(wrongWith({ off: 75, on: 20 })).toBe("the shares make 95 % together, not 100 %");
    expect(wrongWith({ off: 120, on: -20 })).toBe("every share is between 0 and 100 %");
  });

  test("says what it does to whom", () => {
    expect(rampWords(flag.split ?? [], { off: 50, on: 50 }, 1200)).toEqual(["off shrinks from 75 to 50 %, about 300 of the 1,200 persons seen", "on grows from 25 to 50 %, about 300 of the 1,200 persons seen"]);
    expect(rampWords(flag.split ?? [], { off: 75, on: 25 }, null)).toEqual(["off stays at 75 %", "on stays at 25 %"]);
    expect(rampCommand("one-address", { off: 50, on: 50 })).toBe("trunkline flag ramp one-address off=50 on=50");
  });
});

describe("rules in words", () => {
  test("conditions", () => {
    const said: [unknown, string][] = [
      [{ "==": [{ var: "country" }, "AT"] }, "`country` is AT"],
      [{ in: [{ var: "country" }, ["AT", "CH"]] }, "`country` is one of AT, CH"],
      [{ in: ["@example.com", { var: "email" }] }, "`email` contains @example.com"],
      [{ in_segment: "staff" }, "the person is in the segment `staff`"],
      [{ and: [{ in_segment: ["staff"] }, { or: [{ ">=": [{ var: "age" }, 18] }, { ends_with: [{ var: ["email", ""] }, ".org"] }] }] }, "the person is in the segment `staff` and (`age` is at least 18 or `email` ends with .org)"],
      [{ "<=": [1, { var: "items" }, 5] }, "`items` is between 1 and 5"],
      [{ "!": { var: "guest" } }, "not (`guest` is true)"],
      [{ sem_ver: [{ var: "version" }, "^", "2.1.0"] }, "the version `version` ^ 2.1.0"],
      [{ $ref: "is-staff" }, "`is-staff` holds"],
      [{ missing: ["a", "b"] }, '`{"missing":["a","b"]}`'],
      [true, "always"],
    ];
    for (const [logic, words] of said) expect(conditionWords(logic)).toBe(words);
  });

  test("what they give", () => {
    const said: [unknown, string][] = [
      ["on", "on"], [null, "the default"], [{ fractional: [["on", 25], ["off", 75]] }, "on 25 %, off 75 %"], [{ fractional: [{ var: "company" }, ["on"], ["off"]] }, "on 50 %, off 50 %, by `company`"],
      [{ if: [{ "==": [{ var: "a" }, 1] }, "on", "off"] }, "on if `a` is 1, else off"], [{ fractional: [] }, '`{"fractional":[]}`'],
    ];
    for (const [logic, words] of said) expect(servesWords(logic)).toBe(words);
  });
});
