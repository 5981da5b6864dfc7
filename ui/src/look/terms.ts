/** A `key:value` filter, taken apart; a word without a key has the empty one. What stands in quotes is one term. */
export interface Term { key: string; value: string }

const TERMS = /(?:[^\s"]+:)?"[^"]*"|\S+/g;

export const termsOf = (filter: string): Term[] =>
  (filter.toLowerCase().match(TERMS) ?? []).map((quoted) => {
    const term = quoted.replaceAll('"', "");
    const colon = term.indexOf(":");
    return colon > 0 && colon < term.length - 1 ? { key: term.slice(0, colon), value: term.slice(colon + 1) } : { key: "", value: term };
  });

/** Whether something fits a value that somebody looks for, in small letters. */
export type Fits = (value: string) => boolean;

type Text = string | null | undefined;

/** It is one of these, or one of their words. */
export const oneOf = (...texts: Text[]): Fits => (value) => texts.some((text) => text?.toLowerCase() === value || text?.toLowerCase().split(" ").includes(value));

/** It stands in one of these. */
export const partOf = (...texts: Text[]): Fits => (value) => texts.some((text) => text?.toLowerCase().includes(value));

/** Whether all terms of a filter hold: each by its key; what has no key that is known, by `words`. */
export const matches = (filter: string, keys: Record<string, Fits>, words: Fits): boolean =>
  termsOf(filter).every(({ key, value }) => (Object.hasOwn(keys, key) ? keys[key]!(value) : words(key === "" ? value : `${key}:${value}`)));
