import { count } from "../look/words";
import { armColour, points, share } from "./arms";
import { round, svg, text, textWidth } from "./svg";

/** A step as one arm went through it. */
export interface FunnelStep { name: string; persons: number[] }

/** `arms` names what stands side by side; every step has a number of persons for each of them. */
export interface Funnel { arms: string[]; steps: FunnelStep[] }

const NARROW = 460;
const BAR = 15;

const entered = (data: Funnel, arm: number) => data.steps[0]?.persons[arm] ?? 0;

/** The share of those who entered that came as far as a step. */
export const reached = (data: Funnel, step: number, arm: number): number => {
  const first = entered(data, arm);
  return first === 0 ? 0 : (data.steps[step]?.persons[arm] ?? 0) / first;
};

/** The share of those of the step before that did not come to a step. */
export function dropped(data: Funnel, step: number, arm: number): number {
  const before = data.steps[step - 1]?.persons[arm] ?? 0;
  return before === 0 ? 0 : 1 - (data.steps[step]?.persons[arm] ?? 0) / before;
}

/** What the picture shows, in a sentence. */
export function funnelSentence(data: Funnel): string {
  const arms = data.arms.map((_, arm) => arm);
  const steps = data.steps.map((step, i) => {
    const each = arms.map((arm) => (i === 0 ? count(step.persons[arm] ?? 0) : share(reached(data, i, arm))));
    return `${step.name} ${each.join(" against ")}${i === 0 ? " persons" : ""}`;
  });
  const who = data.arms.length > 1 ? ` of ${data.arms.join(" against ")}` : "";
  return `Funnel${who}: ${steps.join("; ")}`;
}

/** How high it is, so that nothing moves when it comes. */
export const funnelHeight = (data: Funnel, width = 1000): number => data.steps.length * rowHeight(data.arms.length, width < NARROW) - 6;

/** On a narrow screen the name stands above its bars. */
const rowHeight = (arms: number, narrow: boolean) => (narrow ? 20 + arms * (BAR + 3) + 12 : Math.max(50, arms * (BAR + 3) + 16));

/** Bars for every step, side by side for every arm; a pure function of the numbers and the width. */
export function funnel(data: Funnel, width: number): string {
  const narrow = width < NARROW;
  const longest = Math.max(...data.steps.map((step) => textWidth(step.name) * 1.08));
  const left = narrow ? 0 : Math.min(Math.max(168, longest + 12), width * 0.42);
  const right = narrow || data.arms.length !== 2 ? 58 : 136;
  const frame = { data, left, max: Math.max(width - left - right, 40), width, narrow, row: rowHeight(data.arms.length, narrow) };
  return svg(width, funnelHeight(data, width), funnelSentence(data), data.steps.map((_, i) => drawStep(i, frame)).join(""));
}

interface Frame { data: Funnel; left: number; max: number; width: number; narrow: boolean; row: number }

function drawStep(i: number, { data, left, max, width, narrow, row }: Frame): string {
  const y = i * row;
  const first = y + (narrow ? 20 : 3);
  const step = data.steps[i];
  if (!step) return "";
  const bars = data.arms.map((_, arm) => {
    const [top, part] = [first + arm * (BAR + 3), reached(data, i, arm)];
    const colour = armColour(arm, data.arms.length);
    const lost = i > 0 ? ghost(left + part * max, top, (reached(data, i - 1, arm) - part) * max) : "";
    return `${lost}<rect x="${round(left)}" y="${top}" width="${round(Math.max(part * max, 1))}" height="${BAR}" rx="3" fill="var(--${colour})"/>` +
      text(left + Math.max(part, i > 0 ? reached(data, i - 1, arm) : 0) * max + 8, top + 12, share(part), arm === data.arms.length - 1 ? "strong" : "");
  });
  const isPair = data.arms.length === 2 && i > 0 && !narrow;
  const change = isPair ? text(width, y + 33, points(reached(data, i, 0), reached(data, i, 1)), "faint", "end") : "";
  const words = narrow ? text(0, y + 13, fitting(step.name, width * 0.5), "strong") + text(width, y + 13, under(data, i), "faint", "end") : text(0, y + 17, fitting(step.name, left - 10), "strong") + text(0, y + 33, under(data, i), "faint");
  return words + bars.join("") + change;
}

/** The part that is lost here, drawn as an outline. */
const ghost = (x: number, y: number, width: number): string =>
  width < 1.5 ? "" : `<rect x="${round(x)}" y="${y + 0.5}" width="${round(width - 0.5)}" height="${BAR - 1}" rx="3" fill="none" stroke="var(--line-strong)" stroke-dasharray="2 3"/>`;

/** What stands below the step's name: how many there are, or how many are gone. */
function under(data: Funnel, i: number): string {
  const arms = data.arms.slice(0, 2).map((_, arm) => arm);
  if (data.arms.length > 2) return i === 0 ? `${count(data.steps[0]?.persons.reduce((a, b) => a + b, 0) ?? 0)} persons` : "";
  if (i === 0) return `${arms.map((arm) => count(entered(data, arm))).join(" → ")} persons`;
  return `dropped ${arms.map((arm) => share(dropped(data, i, arm))).join(" → ")}`;
}

function fitting(name: string, width: number): string {
  const room = Math.floor(width / 6.4);
  return name.length <= room ? name : `${name.slice(0, Math.max(room - 1, 1))}…`;
}

