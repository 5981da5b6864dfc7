import { expect, test } from "vitest";
import type { Now, ServiceStatus } from "../api/shapes";
import { standing } from "./sentence";

const live = { number: 6, commit: "3f9c2ab0000", digest: "", since: "" };
const service = (more: Partial<ServiceStatus> = {}): ServiceStatus => ({ service: "shop", state: { kind: "good", word: "In sync" }, live, in_sync: true, waiting: [], ...more });
const now = (services: ServiceStatus[], counts: Partial<Now["counts"]> = {}, needs: Now["needs_someone"] = []): Now => ({
  at: "", product: "shop", counts: { on_the_way: 0, needs_someone: needs.length, held: 0, ...counts }, on_the_way: [], needs_someone: needs, services, commands: [],
});
const trouble = (severity: string) => ({ kind: "held", severity, text: "", at: "", hint: "" });
const candidate = { number: 7, commit: "a81f03c", phase: "canary", weight: 0.25 };

test("nothing is live", () => {
  expect(standing(now([])).text).toContain("Nothing is live yet");
});

test("the first version is on its way", () => {
  expect(standing(now([service({ live: null, candidate: { ...candidate, weight: 0 } })])).text).toBe("shop 7 is being started");
});

test("customers have what trunk has", () => {
  expect(standing(now([service()]))).toEqual({ state: { kind: "good", word: "In sync" }, text: "Customers have shop 6 (3f9c2ab): what trunk has", detail: null });
});

test("a canary says who has what", () => {
  expect(standing(now([service({ candidate })], { on_the_way: 1 })).text).toBe("25 % of visitors have shop 7, the others have 6");
});

test("who is needed comes first, and the worst decides the colour", () => {
  const { state, text } = standing(now([service()], {}, [trouble("warn"), trouble("bad")]));
  expect(state.kind).toBe("bad");
  expect(text).toBe("2 things need someone. Customers have shop 6 (3f9c2ab)");
});

test("a freeze is said", () => {
  expect(standing(now([service({ frozen: "stock-taking" })])).text).toBe("Deployments are frozen: stock-taking. Customers have shop 6 (3f9c2ab)");
});
