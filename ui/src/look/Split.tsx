import { split, type Part } from "../charts/split";
import { Drawn, useDrawing } from "./Drawn";

/** One bar of all customers, divided by variant; the words stand beside it. */
export function Split({ parts, height = 26 }: { parts: Part[]; height?: number }) {
  return <Drawn draw={useDrawing({ parts, height }, drawSplit)} height={height} />;
}

const drawSplit = ({ parts, height }: { parts: Part[]; height: number }, width: number) => split(parts, width, height);
