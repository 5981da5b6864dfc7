import { expect, test } from "vitest";
import type { DomainItem, DomainsView, PrincipleItem, Waiver } from "./shapes";
import { countsState, domainMatches, domainsSentence, domainsState, historyWords, mayNotApprove, modeSentence, untilWords, violationWords } from "./words";

const NOW = Date.parse("2026-11-22T14:30:00Z");
const none = { denied: 0, warned: 0, observed: 0, waived: 0 };
const domain: DomainItem = { name: "sales", team: "checkout", people: ["ana"], files: 3, declared: true, paths: ["src/checkout/"], tables: ["orders"], events: [], flags: ["one-address"], journeys: [], experiments: [], surveys: [], violations: none, waivers_asked: 0 };
const view: DomainsView = { commit: "3f9c2ab", items: [domain, { ...domain, name: "warehouse", team: null }], next: null, unowned: [], unowned_count: 0, problems: [], unread: [], other_repositories: [] };
const waiver = { number: 7, state: "asked", author: "jonas", approvers: ["ana", "jonas"], domain: "sales" } as Waiver;

test("a domain is found by what it owns, and not by half a key", () => {
  expect(domainMatches(domain, "table:orders flag:one-address")).toBe(true);
  expect(domainMatches(domain, "table:order")).toBe(false);
  expect(domainMatches(domain, "team:nobody")).toBe(false);
  expect(domainMatches({ ...domain, team: null }, "team:nobody src/checkout")).toBe(true);
});

test("what is not read is not called owned", () => {
  expect(domainsSentence(view)).toBe("2 domains of 1 team, 1 without a team; everything that was found has an owner");
  expect(domainsState(view).word).toBe("All is owned");
  expect(domainsState({ ...view, unread: ["data/cities.bin"] })).toEqual({ kind: "warn", word: "Not all is known" });
  expect(domainsState({ ...view, items: [] }).kind).toBe("plain");
  expect(domainsSentence({ ...view, items: [] })).toBe("No domain is declared: who owns what is not known");
});

test("the worst of what breaks principles is said first", () => {
  expect(countsState({ ...none, denied: 1, observed: 4 })).toEqual({ kind: "bad", word: "1 stopped" });
  expect(countsState({ ...none, observed: 4 }).kind).toBe("plain");
  expect(countsState(none).kind).toBe("good");
  expect(violationWords({ ...none, denied: 1, observed: 3 })).toBe("1 stops a gate, 3 are observed");
});

test("a principle that observes says how it is turned on", () => {
  const principle = { mode: "observe", gates: [], checks: ["flag-without-expiry"], path: "principles/flags-end.md", history: null } as unknown as PrincipleItem;
  expect(modeSentence(principle)).toContain("`mode: deny` in `principles/flags-end.md` turns it on");
  expect(modeSentence({ ...principle, checks: [] })).toContain("has no check");
  expect(modeSentence({ ...principle, mode: "deny", gates: ["merge", "exposure"] })).toContain("before a merge and before customers see a flag");
  expect(historyWords(principle)).toBe("not known yet");
});

test("nobody approves their own waiver, and who may is named", () => {
  expect(mayNotApprove(waiver, "ana")).toBeUndefined();
  expect(mayNotApprove(waiver, "jonas")).toBe("you asked for it: ana may approve it");
  expect(mayNotApprove(waiver, "mira")).toBe("ana may approve it");
  expect(mayNotApprove(waiver, null)).toContain("this session is nobody's");
  expect(mayNotApprove({ ...waiver, approvers: [], domain: null }, "ana")).toContain("nobody owns");
});

test("the last day of a waiver counts", () => {
  expect(untilWords("2026-11-22", NOW)).toBe("today is the last day");
  expect(untilWords("2026-12-04", NOW)).toBe("12 days left");
  expect(untilWords("2026-11-21", NOW)).toBe("ended 2026-11-21");
});
