/** Paths in a square from -7 to 7, drawn with round strokes. Used by icons and by charts. */
export const glyphs = {
  good: "M-4 0l3 3 5-6",
  bad: "M-3.5-3.5l7 7m0-7l-7 7",
  warn: "M0-4v5m0 2.5v.5",
  dark: "M3-3.5a5 5 0 1 0 0 7 4 4 0 0 1 0-7",
  busy: "M-4 0h8m-3-3l3 3-3 3",
  plain: "M-3 0h6",
  now: "M0-5v10M-3-2v4M3-2v4",
  change: "M-5 0h3m4 0h3M2 0a2 2 0 1 1-4 0 2 2 0 0 1 4 0",
  deployment: "M0 4.500v-9m-3.500 3.500l3.500-3.500 3.500 3.500M-5 5h10",
  cog: "M-5-3h3m3 0h4M-5 3h5m3 0h2M-.5-3a1.500 1.500 0 1 1-3 0 1.500 1.500 0 0 1 3 0M3 3a1.500 1.500 0 1 1-3 0 1.500 1.500 0 0 1 3 0",
  undo: "M-1-4l-3 3 3 3M-4-1h5a3 3 0 0 1 0 6h-2",
  mark: "M0-4v8",
  wait: "M0-4.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9M0-2v2.500l1.500 1",
  pause: "M-2-3.500v7m4-7v7",
  sun: "M2 0a2 2 0 1 1-4 0 2 2 0 0 1 4 0M0-5.500v1m0 9v1M-5.500 0h1m9 0h1M-3.900-3.900l.7.7m6.400 6.400l.7.7M-3.900 3.900l.7-.7m6.400-6.400l.7-.7",
  moon: "M4.500 1.200a4.800 4.800 0 1 1-5.700-5.700 3.800 3.800 0 0 0 5.700 5.700",
  screen: "M-5-4h10v6.500h-10zM-2 5h4",
  question: "M-2-2.200a2 2 0 1 1 2.800 1.800c-.6.300-.8.700-.8 1.400m0 2.700v.3",
  circle: "M4 0a4 4 0 1 1-8 0 4 4 0 0 1 8 0",
  door: "M1-5h4v10h-4M-5 0h7m-2.500-2.500l2.500 2.500-2.500 2.500",
} as const;

export type Glyph = keyof typeof glyphs;
