/** The words of our charts: values to SVG text. No style attributes: the page's policy forbids them. */

export const escape = (text: string | number): string =>
  String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);

export const svg = (width: number, height: number, label: string, body: string): string =>
  `<svg viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-label="${escape(label)}">${body}</svg>`;

export const text = (x: number, y: number, content: string, classes = "", anchor: "start" | "middle" | "end" = "start"): string =>
  `<text x="${round(x)}" y="${round(y)}" class="${classes}" text-anchor="${anchor}">${escape(content)}</text>`;

export const line = (x1: number, y1: number, x2: number, y2: number, stroke = "var(--line)", extra = ""): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}" ${extra}/>`;

/** Where it is drawn to the tenth of a pixel. */
export const round = (n: number): number => Math.round(n * 10) / 10;

/** The role of a kind's colour; an unknown kind is plain. */
export function colour(kind: string): string {
  if (kind === "dark") return "dark-launch";
  return ["good", "busy", "warn", "bad"].includes(kind) ? kind : "plain";
}

/** How wide text of 11 px is at most; estimated, since a pure function cannot measure. */
export const textWidth = (content: string): number => content.length * 6.1;
