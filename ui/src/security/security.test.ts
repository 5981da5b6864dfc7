import { expect, test } from "vitest";
import type { Advisories, Finding, FindingPage } from "./shapes";
import { bumpText, domainsOf, doubts, dueState, exposureWords, findingState, inOrder, findingMatches, severityState, standing, timelineOf, waysOf } from "./words";

const finding = (more: Partial<Finding> = {}): Finding => ({
  id: "GHSA-1", key: "k1", aliases: ["CVE-2026-1"], ecosystem: "npm", package: "left-pad", version: "1.0.0", purl: "pkg:npm/left-pad@1.0.0", severity: "high", summary: "pads too far", fixed: ["1.0.1"], source: "package-lock.json",
  services: ["shop"], deployments: [7], since: { deployment: 7, commit: "a1b2c3d", at: "2026-11-20T00:00:00Z" }, owner: "sales", actions: [], sentence: "", state: "open", opened: "2026-11-21T00:00:00Z", due: "2026-12-21T00:00:00Z", overdue: false, history: [], ...more,
});
const page = (more: Partial<FindingPage> = {}): FindingPage => ({ items: [], unknown: [], advisories: { count: 10, stale: false, sentence: "10 advisories" }, ...more });
const gap = { service: "shop", deployment: 7, path: "go.sum", reason: "not read yet" };

test("only what was judged whole, by advisories that are fresh, is called fine", () => {
  expect(standing(page()).state).toEqual({ kind: "good", word: "Nothing known" });
  expect(standing(page({ unknown: [gap] })).state.kind).toBe("warn");
  expect(standing(page({ advisories: { count: 10, stale: true, sentence: "" } })).state.kind).toBe("warn");
  expect(standing(page({ advisories: { count: 0, stale: false, sentence: "" } })).text).toContain("not known");
});

test("the answer names the worst that is open, and what could not be judged", () => {
  const items = [finding({ state: "closed", severity: "critical", id: "GHSA-0" }), finding(), finding({ id: "GHSA-2", severity: "low" })];
  expect(standing(page({ items, unknown: [gap] }))).toEqual({ state: { kind: "bad", word: "Open findings" }, text: "2 findings are open in what customers have, the worst is high: GHSA-1 in left-pad 1.0.0; 1 part of what is live could not be judged" });
});

test("what is over is due since its day, and a closed one is due no more", () => {
  expect(dueState(finding())).toEqual({ kind: "plain", word: "2026-12-21" });
  const late = finding({ due: "2026-11-28T00:00:00Z", overdue: true });
  expect(dueState(late)).toEqual({ kind: "bad", word: "Overdue" });
  expect([dueState(finding({ state: "closed" })), dueState(finding({ due: null }))]).toEqual([undefined, undefined]);
  expect([findingMatches(late, "due:overdue"), findingMatches(finding(), "due:overdue")]).toEqual([true, false]);
  expect(domainsOf([late, finding()])[0]!.overdue).toBe(1);
});

test("open ones come first, then the worst, then the oldest; what nobody rated is not harmless", () => {
  const older = { deployment: 2, commit: "", at: "2026-11-01T00:00:00Z" };
  const all = [finding({ key: "closed", state: "closed", severity: "critical" }), finding({ key: "new" }), finding({ key: "unrated", severity: "unknown" }), finding({ key: "old", since: older }), finding({ key: "critical", severity: "critical" })];
  expect(inOrder(all).map(({ key }) => key)).toEqual(["critical", "unrated", "old", "new", "closed"]);
  expect(severityState("a new word").word).toBe("Not rated");
});

test("one that was closed and is there again says so", () => {
  const line = (what: string) => ({ at: "", what, who: "" });
  expect(findingState(finding({ history: [line("opened"), line("closed"), line("reopened"), line("changed")] })).word).toBe("Open again");
  expect(findingState(finding({ history: [line("opened")] })).word).toBe("Open");
  expect(findingState(finding({ state: "closed" })).kind).toBe("good");
});

test("terms of the filter hold together; an unknown key matches nothing", () => {
  expect(findingMatches(finding(), "state:open severity:high domain:sales cve-2026")).toBe(true);
  expect(findingMatches(finding({ owner: null }), "domain:nobody")).toBe(true);
  expect(findingMatches(finding(), "colour:red")).toBe(false);
});

test("open findings are counted by domain and severity, the oldest with them", () => {
  const rows = domainsOf([finding(), finding({ severity: "odd" }), finding({ owner: null, state: "closed" })]);
  expect(rows.map(({ domain, bySeverity }) => [domain, bySeverity["high"], bySeverity["unknown"]])).toEqual([["sales", 1, 1]]);
});

test("exposure is said as it is known", () => {
  expect(exposureWords(null)).toBe("everybody who gets it");
  expect(exposureWords({ key: "f", exposed_share: 0.031, killed: false })).toBe("3.1 % through f");
  expect(exposureWords({ key: "f", exposed_share: null, killed: false })).toBe("by rules of f");
  expect(exposureWords({ key: "f", exposed_share: 0, killed: true })).toBe("nobody: f is killed");
});

test("actions are read; what is no number and what is new is left out", () => {
  expect(waysOf(["kill", "roll_back_to:6", "bump:1.0.1", "pray"])).toEqual({ kill: true, back: 6, bump: "1.0.1" });
  expect(waysOf(["roll_back_to:x", "bump:"])).toEqual({ kill: false });
});

test("a bump is a command where one is known, and never of words that a shell would read", () => {
  expect(bumpText(finding(), "1.0.1")).toBe("npm install left-pad@1.0.1");
  expect(bumpText(finding({ ecosystem: "PyPI", source: "api/uv.lock" }), "2.0")).toBe("uv lock --upgrade-package left-pad==2.0");
  expect(bumpText(finding({ ecosystem: "crates.io" }), "1.0.1")).toBe("cargo update left-pad@1.0.0 --precise 1.0.1");
  expect(bumpText(finding({ ecosystem: "Go" }), "1.0.1")).toBe("left-pad 1.0.1");
  expect(bumpText(finding({ package: "x;reboot" }), "1.0.1")).toBe("x;reboot 1.0.1");
});

test("the picture begins with the first customer and ends where the finding does", () => {
  const { from, to, lanes } = timelineOf(finding({ closed: "2026-11-22T00:00:00Z", state: "closed", history: [{ at: "2026-11-21T12:00:00Z", what: "killed flag f", who: "ana" }] }), "2026-11-24T00:00:00Z");
  expect([from, to]).toEqual(["2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z"]);
  expect(lanes.map(({ name }) => name)).toEqual(["Live", "Known", "Done"]);
});

test("what makes an answer doubtful is told", () => {
  const source = { source: "npm", began: "", documents: 1, added: 0, changed: 0, same: 1, older: 0, quarantined: 0 };
  const feed: Advisories = { count: 1, quarantined: 1, quarantine: [], ecosystems: [], imports: [{ ...source, ended: "x", trouble: "no answer" }, source], stale: true, sentence: "stale", unknown: [] };
  expect(doubts(feed)).toEqual(["stale", "npm could not be refreshed: no answer", "The import of npm goes on or was broken off", "1 document could not be read as an advisory and is kept aside"]);
  expect(doubts({ ...feed, count: 0 })).toEqual([]);
});
