/** Terminal text made safe and readable: colours become classes, everything else that steers a terminal is dropped. */

export interface Segment { text: string; classes: string }
export type Line = Segment[];

/** What a log looks like so far. Lines that were dropped from the top are counted. */
export interface Screen {
  lines: Line[];
  dropped: number;
  /** The last line as it came, while its end is not there yet. */
  open: string;
  style: Style;
}

export interface Style { bold: boolean; dim: boolean; colour: string }

const PLAIN: Style = { bold: false, dim: false, colour: "" };
export const emptyScreen: Screen = { lines: [], dropped: 0, open: "", style: PLAIN };

/** More lines than these are not kept in the page; the whole log is a link away. */
export const LINES_MAX = 5000;
/** A line without end is cut here. */
const LINE_CHARS_MAX = 20_000;

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
// Colour and style; cursor movement; titles and links; two-character commands; a return to the line's start; control characters.
const CONTROL = /\u001b\[([0-9;:?]*)([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?|\r|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** The screen after more text. */
export function write(screen: Screen, text: string): Screen {
  const parts = (screen.open + text).split("\n");
  let open = parts.pop() ?? "";
  if (open.length > LINE_CHARS_MAX) {
    parts.push(open);
    open = "";
  }
  let style = screen.style;
  const added = parts.map((raw) => {
    const read = readLine(raw.slice(0, LINE_CHARS_MAX), style);
    style = read.style;
    return read.line;
  });
  const lines = added.length === 0 ? screen.lines : [...screen.lines, ...added];
  const over = Math.max(0, lines.length - LINES_MAX);
  return { lines: over > 0 ? lines.slice(over) : lines, dropped: screen.dropped + over, open, style };
}

/** The unfinished line as it stands. */
export const openLine = (screen: Screen): Line => readLine(screen.open, screen.style).line;

/** One line without its end; what a progress bar overwrote is gone, as in a terminal. */
function readLine(raw: string, start: Style): { line: Line; style: Style } {
  let line: Line = [];
  let style = start;
  let last = 0;
  const text = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
  const add = (end: number) => {
    if (end > last) line.push({ text: text.slice(last, end), classes: classesOf(style) });
  };
  for (const match of text.matchAll(CONTROL)) {
    add(match.index);
    last = match.index + match[0].length;
    if (match[2] === "m") style = restyle(style, match[1] ?? "");
    if (match[0] === "\r") line = [];
  }
  add(text.length);
  return { line, style };
}

const classesOf = ({ bold, dim, colour }: Style): string => [bold && "ansi-bold", dim && "ansi-dim", colour && `ansi-${colour}`].filter(Boolean).join(" ");

function restyle(style: Style, codes: string): Style {
  let next = style;
  const all = codes.split(/[;:]/).map(Number);
  for (let i = 0; i < all.length; i += 1) {
    const code = all[i] ?? 0;
    if (code === 38 || code === 48) i += all[i + 1] === 5 ? 2 : 4;
    else next = one(next, code);
  }
  return next;
}

function one(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, colour: "" };
  if (code >= 30 && code <= 37) return { ...style, colour: COLOURS[code - 30] ?? "" };
  if (code >= 90 && code <= 97) return code === 90 ? { ...style, colour: "black" } : { ...style, colour: COLOURS[code - 90] ?? "" };
  return style;
}
