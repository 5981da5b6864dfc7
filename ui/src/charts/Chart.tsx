import { useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";

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
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const markup = useMemo(() => (width > 0 ? draw(width) : ""), [draw, width]);
  return (
    <>
      <div ref={place} className="chart" style={{ minHeight: height }} dangerouslySetInnerHTML={{ __html: markup }} />
      <details className="chart-twin">
        <summary>{twinWord}</summary>
        {twin}
      </details>
    </>
  );
}
