import type { ReactNode } from "react";
import { Drawn } from "../look/Drawn";

interface Props {
  /** A pure function of the width; the text is never scaled. */
  draw: (width: number) => string;
  /** The same as a table. */
  twin: ReactNode;
  twinWord?: string;
  /** Kept free until the width is known. */
  height: number;
}

/** A chart drawn at the width it gets, with its table twin. */
export function Chart({ draw, twin, twinWord = "as a table", height }: Props) {
  return (
    <>
      <Drawn draw={draw} height={height} />
      <details className="chart-twin">
        <summary>{twinWord}</summary>
        {twin}
      </details>
    </>
  );
}

/** The table of a chart: scrolls by itself where it is wide. */
export function Twin({ label, head, rows }: { label: string; head: string[]; rows: (string | number)[][] }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead><tr>{head.map((name, i) => <th key={name} scope="col" className={i > 0 ? "num" : undefined}>{name}</th>)}</tr></thead>
        <tbody>{rows.map((row, r) => <tr key={r}>{row.map((cell, i) => <td key={i} className={i > 0 ? "num" : undefined}>{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

/** What the colours of a chart stand for. */
export function Legend({ arms }: { arms: { name: ReactNode; colour: string }[] }) {
  return (
    <ul className="legend">
      {arms.map((arm, i) => <li key={i}><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="2" fill={`var(--${arm.colour})`} /></svg> {arm.name}</li>)}
    </ul>
  );
}
