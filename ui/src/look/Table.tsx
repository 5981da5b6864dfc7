import type { ReactNode } from "react";

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  /** Right-aligned figures. */
  num?: boolean;
  width?: string;
  /** How it stands in a narrow row: the first line, the beginning of the line, a line of its own, or with its name before it. */
  narrow?: "lead" | "title" | "whole" | "named";
  nowrap?: boolean;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  /** `undefined` while loading: the layout stands already. */
  rows: T[] | undefined;
  rowKey: (row: T) => string | number;
  empty?: ReactNode;
  skeletonRows?: number;
}

/** Rows of one kind; a narrow screen gets every row as a small block. */
export function Table<T>({ label, columns, rows, rowKey, empty, skeletonRows = 3 }: Props<T>) {
  if (rows?.length === 0) return <div className="empty">{empty ?? "None."}</div>;
  return (
    <table className="rows" role="table" aria-label={label} aria-busy={rows === undefined}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.name} role="columnheader" scope="col" className={column.num ? "num" : undefined} style={column.width ? { width: column.width } : undefined}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows
          ? rows.map((row) => (
              <tr key={rowKey(row)} role="row">
                {columns.map((column) => cell(column, column.cell(row)))}
              </tr>
            ))
          : Array.from({ length: skeletonRows }, (_, i) => (
              <tr key={i} role="row">
                {columns.map((column, c) => cell(column, <span className="skeleton" style={{ width: skeletonWidth(i, c) }} />))}
              </tr>
            ))}
      </tbody>
    </table>
  );
}

function cell<T>(column: Column<T>, content: ReactNode) {
  const classes = [column.num && "num", column.nowrap && "nowrap", column.narrow !== "named" && column.narrow];
  return (
    <td key={column.name} role="cell" className={classes.filter(Boolean).join(" ") || undefined} data-name={column.narrow === "named" ? column.name : undefined}>
      {content}
    </td>
  );
}

const skeletonWidth = (row: number, column: number) => `${[62, 44, 55, 38][(row + column * 2) % 4]}%`;
