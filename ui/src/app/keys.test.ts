import { expect, test } from "vitest";
import { meaning } from "./keys";
import { concerned } from "./live";

test("places are reached by g and a letter", () => {
  expect(meaning("g", false, false)).toEqual({ kind: "prefix" });
  expect(meaning("d", true, false)).toEqual({ kind: "go", to: "/deployments" });
  expect(["f", "j", "u", "e"].map((key) => meaning(key, true, false))).toEqual(["/flags", "/journeys", "/features", "/events"].map((to) => ({ kind: "go", to })));
  expect(meaning("d", false, false)).toEqual({ kind: "none" });
});

test("what is typed into a field is text", () => {
  for (const key of ["g", "/", "?", "j", "k"]) expect(meaning(key, true, true)).toEqual({ kind: "none" });
});

test("rows, filter, help", () => {
  expect(meaning("j", false, false)).toEqual({ kind: "move", by: 1 });
  expect(meaning("k", false, false)).toEqual({ kind: "move", by: -1 });
  expect(meaning("/", false, false)).toEqual({ kind: "filter" });
  expect(meaning("?", false, false)).toEqual({ kind: "help" });
});

test("every fact reaches the first page or the list that shows it", () => {
  const subjects = (kind: string) => concerned({ kind, id: "1" }).map(([subject]) => subject);
  for (const kind of ["change", "run", "deployment", "service", "repository", "something new"]) expect(subjects(kind)).toContain("now");
  expect(concerned({ kind: "flag", id: "one-address" })).toContainEqual(["flag", "one-address"]);
  for (const subject of ["journeys", "journey", "report"]) expect(subjects("journey")).toContain(subject);
  expect(subjects("secret")).toContain("secrets");
  expect(concerned({ kind: "deployment", id: "7" })).toContainEqual(["deployment", "7"]);
});
