/** The code of a one-time link: the text itself, or what stands behind `link=` in an address. */
export function codeOf(text: string): string {
  const trimmed = text.trim();
  const match = /[?&]link=([^&#\s]+)/.exec(trimmed);
  return match?.[1] ? decodeURIComponent(match[1]) : trimmed;
}
