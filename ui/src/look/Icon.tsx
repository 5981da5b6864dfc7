import { glyphs, type Glyph } from "./glyphs";

/** A small line drawing; the word beside it says what it means. */
export function Icon({ name, size = 14 }: { name: Glyph; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="-7 -7 14 14" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={glyphs[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="var(--accent)" strokeWidth="2.2" strokeLinecap="round" aria-hidden="true">
      <path d="M5 2v16M5 12c0-4 10-2 10-8" />
      <circle cx="15" cy="4" r="1.6" fill="var(--accent)" />
    </svg>
  );
}
