import { useCallback } from "react";
import { split, type Part } from "../charts/split";
import { Drawn } from "./Drawn";

/** One bar of all customers, divided by variant; the words stand beside it. */
export function Split({ parts, height = 26 }: { parts: Part[]; height?: number }) {
  const key = JSON.stringify(parts);
  const draw = useCallback((width: number) => split(JSON.parse(key) as Part[], width, height), [key, height]);
  return <Drawn draw={draw} height={height} />;
}
