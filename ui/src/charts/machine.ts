import { glyphs, type Glyph } from "../look/glyphs";
import { escape, line, round, svg, text } from "./svg";

export interface MachineStep { name: string; state: string; note?: string | null | undefined }

/** How each state of a step is drawn. */
const LOOKS: Record<string, { role: string; glyph: Glyph | ""; word: string }> = {
  done: { role: "good", glyph: "good", word: "done" },
  current: { role: "busy", glyph: "busy", word: "now" },
  ahead: { role: "plain", glyph: "", word: "ahead" },
  skipped: { role: "plain", glyph: "plain", word: "left out" },
  failed: { role: "bad", glyph: "bad", word: "failed" },
};
const look = (state: string) => LOOKS[state] ?? LOOKS["ahead"]!;

/** A step needs this much of the width, else the machine stands upright. */
const STEP_WIDTH = 88;
const ROW = 36;

/** The word of every step; what stood after a failure was not reached, what stood before it does not apply. */
export function words(steps: MachineStep[]): string[] {
  const failed = steps.findIndex((s) => s.state === "failed");
  return steps.map((s, i) => (s.state === "skipped" && failed >= 0 && i > failed ? "not reached" : look(s.state).word));
}

/** What the picture shows, in a sentence. */
export const machineSentence = (steps: MachineStep[]): string => `State machine: ${steps.map((s, i) => `${s.name} ${words(steps)[i] ?? ""}`).join(", ")}`;

/** The states of a deployment in order, with where it stands; a rollback leads back below them. */
export function machine(steps: MachineStep[], width: number): string {
  const isRollback = (s: MachineStep) => s.name === "rollback";
  const forward = steps.filter((s) => !isRollback(s));
  const back = steps.find(isRollback);
  return width >= forward.length * STEP_WIDTH ? flat(steps, forward, back, width) : upright(steps, width);
}

function flat(steps: MachineStep[], forward: MachineStep[], back: MachineStep | undefined, width: number): string {
  const gap = width / forward.length;
  const x = (i: number) => gap * (i + 0.5);
  const y = 18;
  const lines = forward.slice(1).map((_, i) => connection(x(i) + 14, y, x(i + 1) - 14, y, i < reached(forward))).join("");
  const nodes = forward.map((step, i) => node(x(i), y, step) + text(x(i), y + 30, step.name, labelClass(step), "middle") + text(x(i), y + 44, words(forward)[i] ?? "", "faint", "middle")).join("");
  const from = Math.max(forward.findLastIndex((s) => s.state === "failed"), 0);
  return svg(width, back ? 132 : 72, machineSentence(steps), lines + nodes + (back ? rollback(back, x(from), width) : ""));
}

function rollback(step: MachineStep, x: number, width: number): string {
  const y = 104;
  const role = step.state === "done" ? "bad" : "busy";
  const isLeft = x < width / 2;
  const label = `${step.state === "done" ? "rolled back" : "rolling back"}: all new requests to the old version`;
  return (
    `<path d="M${round(x)} 68V${y - 14}" fill="none" stroke="var(--bad)" stroke-width="1.6" stroke-dasharray="3 3"/>` +
    circle(x, y, role, "undo", false) +
    text(isLeft ? x + 18 : x - 18, y + 4, label, "strong", isLeft ? "start" : "end")
  );
}

function upright(steps: MachineStep[], width: number): string {
  const y = (i: number) => 16 + i * ROW;
  const lines = steps.slice(1).map((_, i) => connection(16, y(i) + 13, 16, y(i + 1) - 13, i < reached(steps))).join("");
  const nodes = steps.map((step, i) => node(16, y(i), step) + text(38, y(i) + 4, step.name, labelClass(step)) + text(width, y(i) + 4, words(steps)[i] ?? "", "faint", "end")).join("");
  return svg(width, steps.length * ROW, machineSentence(steps), lines + nodes);
}

const labelClass = (step: MachineStep) => (step.state === "skipped" || step.state === "ahead" ? "faint" : "strong");

/** The last step of the way forward that was entered. */
const reached = (steps: MachineStep[]) => steps.findLastIndex((s) => s.name !== "rollback" && (s.state === "done" || s.state === "current" || s.state === "failed"));

/** A line is solid where the way was gone. */
function connection(x1: number, y1: number, x2: number, y2: number, isGone: boolean): string {
  return line(x1, y1, x2, y2, isGone ? "var(--good)" : "var(--line-strong)", isGone ? 'stroke-width="1.6"' : 'stroke-dasharray="2 4"');
}

function node(x: number, y: number, step: MachineStep): string {
  const { role, glyph } = step.name === "rollback" ? { role: "bad", glyph: "undo" as const } : look(step.state);
  return circle(x, y, role, glyph, step.state === "current", step.note ?? undefined);
}

function circle(x: number, y: number, role: string, glyph: Glyph | "", isHere: boolean, note?: string): string {
  const title = note ? `<title>${escape(note)}</title>` : "";
  const halo = isHere ? `<circle r="15" fill="none" stroke-opacity=".3" stroke-width="3"/>` : "";
  const path = glyph === "" ? "" : `<path d="${glyphs[glyph]}"/>`;
  return `<g transform="translate(${round(x)} ${round(y)})" stroke="var(--${role})" fill="none" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">${title}${halo}<circle r="11" fill="var(--${role}-soft)"/>${path}</g>`;
}
