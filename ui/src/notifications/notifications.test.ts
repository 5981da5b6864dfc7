import { expect, test } from "vitest";
import type { Attempt, Delivery, Target, Told } from "./shapes";
import { asksWords, attemptWords, deliveryState, followsWords, subjectPath, targetState, toldMatches } from "./words";

const NOW = Date.parse("2026-11-22T14:30:00Z");
const attempt = (more: Partial<Attempt> = {}): Attempt => ({ number: 1, begun: "2026-11-22T14:20:00Z", ...more });
const delivery = (more: Partial<Delivery> = {}): Delivery => ({ target: "tgt-1", url: "https://chat.example.com", state: "waiting", attempts: [], ...more });
const told = (more: Partial<Told> = {}): Told => ({ id: "m", kind: "rollback", event_type: "", subject: "shop", sentence: "deployment 5 of shop was rolled back", at: "", deliveries: [], ...more });

test("an attempt says what was answered, or why nothing was", () => {
  expect(attemptWords(attempt({ status: 503, seconds: 0.2 }))).toBe("answered 503 in 0.2 s");
  expect(attemptWords(attempt({ error: "no answer: timeout", seconds: 15 }))).toBe("no answer: timeout");
  expect(attemptWords(attempt())).toBe("on its way");
});

test("what waits says when it is sent again", () => {
  const failed = [attempt({ status: 503 })];
  expect(followsWords(delivery({ attempts: failed, next_attempt: "2026-11-22T14:30:06Z", why: "the receiver answered 503" }), NOW)).toBe("attempt 2 in 6 s: the receiver answered 503");
  expect(followsWords(delivery({ next_attempt: "2026-11-22T14:29:59Z" }), NOW)).toBe("attempt 1 now");
  expect(followsWords(delivery({ state: "given_up", why: "the target was removed" }), NOW)).toBe("the target was removed");
  expect(followsWords(delivery({ state: "sent" }), NOW)).toBeUndefined();
  expect([deliveryState(delivery()).word, deliveryState(delivery({ attempts: failed })).word]).toEqual(["Waits", "Not taken yet"]);
});

test("a target stands as it answered last", () => {
  const states = [null, attempt({ status: 204, seconds: 0.1 }), attempt({ status: 302, seconds: 0.1 }), attempt()].map((last) => targetState({ last, waiting: 0 } as Target).word);
  expect(states).toEqual(["Nothing sent yet", "Takes them", "Did not take it", "Sending"]);
  expect(asksWords({ domain: "sales", events: ["ramp_held", "finding"] })).toBe("ramp held, finding that sales owns");
  expect(asksWords({ domain: null, events: [] })).toBe("everything");
});

test("a message leads to what it tells of, and is found by what became of it", () => {
  expect([subjectPath(told()), subjectPath(told({ kind: "test" }))]).toEqual(["/deployments?q=service:shop", undefined]);
  expect(toldMatches(told(), "state:nobody domain:nobody kind:rollback")).toBe(true);
  expect(toldMatches(told({ deliveries: [delivery({ state: "given_up" })] }), "state:nobody")).toBe(false);
});
