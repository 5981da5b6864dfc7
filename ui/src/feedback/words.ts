/** Feedback in words; pure. */
import type { State } from "../api/shapes";
import { counted, percent } from "../look/words";
import type { Passed, Said, Survey } from "./shapes";

/** A value of a filter: one with a space can't be searched by key and is looked for as words. */
export const term = (key: string, value: string | number): string => `${key}:${value}`;

export const filterPath = (...terms: string[]): string => `/feedback?q=${encodeURIComponent(terms.join(" "))}`;

/** `3 of 4 steps of checkout, last: payment chosen` */
export function passedWords({ step, steps, steps_done: done }: Passed): string {
  if (done === 0) return "at no step of it then";
  return done >= steps ? "came through" : `${done} of ${counted(steps, "step")}${step ? `, last: ${step}` : ""}`;
}

/** `4 of 5` */
export const scoreWords = ({ score }: Pick<Said, "score">): string | undefined => (score ? `${score.value}${score.of ? ` of ${score.of}` : ""}` : undefined);

/** Where they said it. */
export const fromWords = ({ survey, channel, completed }: Pick<Said, "survey" | "channel" | "completed">): string =>
  survey ? `survey ${survey}${completed ? "" : ", closed before its end"}` : channel ? `by ${channel}` : "written down";

/** Words of a field as tags, each once; or why they are none. */
export function tagsOf(text: string): string[] {
  const tags = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
  const wrong = tags.find((tag) => !/^[a-z0-9-]+$/.test(tag));
  if (wrong !== undefined) throw new Error(`"${wrong}" is no tag: lower-case letters, digits and "-"`);
  if (tags.length > TAGS_MAX) throw new Error(`at most ${TAGS_MAX} tags`);
  return tags;
}

const TAGS_MAX = 20;

/** An id that nobody else makes; also where the page is not served from a secure origin. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The command that lists the same. */
export const listCommand = (filter: string): string => `trunkline feedback list${filter && ` ${filter}`}`;

const SURVEYS: Record<Survey["state"], State> = {
  asked: { kind: "good", word: "Asked" },
  ended: { kind: "plain", word: "Ended" },
  retired: { kind: "plain", word: "Trunk has it no more" },
};

export const surveyState = ({ state }: Pick<Survey, "state">): State => SURVEYS[state];

/** `12 of 40 answered, 30 %` */
export const answeredWords = ({ figures: { answered, shown } }: Pick<Survey, "figures">): string => (shown === 0 ? "shown to nobody yet" : `${answered} of ${shown} answered, ${percent(answered / shown)}`);
