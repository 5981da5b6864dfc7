import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";

/** A drawing at the width it gets, without a table: what it shows stands beside it as text. */
export function Drawn({ draw, height }: { draw: (width: number) => string; height: number }) {
  const { place, width } = useWidth();
  const markup = useMemo(() => (width > 0 ? draw(width) : ""), [draw, width]);
  return <div ref={place} className="chart" style={{ minHeight: height }} dangerouslySetInnerHTML={{ __html: markup }} />;
}

/** Draws what a picture shows anew only when that changes, and not when it was asked again; `draw` itself must stay the same. */
export function useDrawing<T>(data: T, draw: (data: T, width: number) => string): (width: number) => string {
  const key = JSON.stringify(data);
  return useCallback((width: number) => draw(JSON.parse(key) as T, width), [key, draw]);
}

/** How wide an element is, now and whenever it changes. */
export function useWidth() {
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
  return { place, width };
}
