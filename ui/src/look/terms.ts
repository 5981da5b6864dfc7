/** A `key:value` filter, taken apart; a word without a key has the empty one. */
export interface Term { key: string; value: string }

export const termsOf = (filter: string): Term[] =>
  filter.split(/\s+/).filter(Boolean).map((term) => {
    const colon = term.indexOf(":");
    return colon > 0 && colon < term.length - 1 ? { key: term.slice(0, colon).toLowerCase(), value: term.slice(colon + 1).toLowerCase() } : { key: "", value: term.toLowerCase() };
  });
