import { expect, test } from "vitest";
import { auditMatches } from "./auditFilter";
import { codeOf } from "./link";

test("a link or its code, with what surrounds it", () => {
  for (const text of ["8f1c", " 8f1c\n", "http://127.0.0.1:7300/console/?link=8f1c", "console  http://x/console/?a=b&link=8f1c   (one-time sign-in)"]) expect(codeOf(text)).toBe("8f1c");
});

test("the audit log is found by key and value", () => {
  const entry = { at: "", who: "console", what: "token.created", subject: "tok-1", before: null, after: null };
  for (const yes of ["", "who:console what:token", "subject:tok-1", "created"]) expect(auditMatches(entry, yes), yes).toBe(true);
  for (const no of ["who:ana", "what:deploy", "nothing"]) expect(auditMatches(entry, no), no).toBe(false);
});
