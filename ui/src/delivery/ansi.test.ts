import { expect, test } from "vitest";
import { emptyScreen, LINES_MAX, openLine, write, type Screen } from "./ansi";

const plain = (screen: Screen) => [...screen.lines, openLine(screen)].map((line) => line.map((s) => s.text).join(""));

test("colours become classes, and hold until they are reset", () => {
  const screen = write(emptyScreen, "\u001b[31mred\nstill\u001b[0m plain\n");
  expect(screen.lines).toEqual([[{ text: "red", classes: "ansi-red" }], [{ text: "still", classes: "ansi-red" }, { text: " plain", classes: "" }]]);
});

test("bold and bright colours", () => {
  expect(write(emptyScreen, "\u001b[1;92mok\u001b[22mend\n").lines[0]).toEqual([{ text: "ok", classes: "ansi-bold ansi-green" }, { text: "end", classes: "ansi-green" }]);
});

test("256 and true colours are skipped with their arguments", () => {
  expect(write(emptyScreen, "\u001b[38;5;196mx\u001b[48;2;1;2;3my\n").lines[0]).toEqual([{ text: "x", classes: "" }, { text: "y", classes: "" }]);
});

test("what steers a terminal is dropped: cursor, titles, links, bells, half a sequence", () => {
  expect(plain(write(emptyScreen, "a\u001b[2Jb\u001b]0;title\u0007c\u001b]8;;http://x\u001b\\d\u0007e\u001b(Bf\u001b"))).toEqual(["abcdef"]);
});

test("a return to the line's start overwrites, a Windows line end does not", () => {
  expect(plain(write(emptyScreen, "10 %\r60 %\r100 %\nwin\r\n"))).toEqual(["100 %", "win", ""]);
});

test("text in pieces gives the same as text at once", () => {
  const text = "a\u001b[31mb\u001b[1mc\nd\u001b[0me\r\nf";
  for (let cut = 0; cut <= text.length; cut += 1) {
    expect(write(write(emptyScreen, text.slice(0, cut)), text.slice(cut))).toEqual(write(emptyScreen, text));
  }
});

test("markup stays text", () => {
  expect(plain(write(emptyScreen, "<b>x</b>"))).toEqual(["<b>x</b>"]);
});

test("lines are bounded, and what was dropped is counted", () => {
  const screen = write(emptyScreen, "x\n".repeat(LINES_MAX + 7));
  expect(screen.lines.length).toBe(LINES_MAX);
  expect(screen.dropped).toBe(7);
});

test("a line without end is cut and not kept growing", () => {
  expect(write(emptyScreen, "x".repeat(100_000)).open).toBe("");
});
