import { useId, type ReactNode } from "react";

interface Props {
  title: string;
  note?: ReactNode;
  span?: 4 | 5 | 6 | 7 | 8 | 12;
  children: ReactNode;
}

/** One subject of a page, named by its heading. */
export function Card({ title, note, span, children }: Props) {
  const id = useId();
  return (
    <section className={`card${span ? ` c${span}` : ""}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note && <span className="note">{note}</span>}
      </header>
      {children}
    </section>
  );
}
