import { Problem } from "./problem";

let csrf: string | undefined;

/** Goes into every write; known from the session. */
export function rememberCsrf(value: string): void {
  csrf = value;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** One call; fails with a `Problem`. */
export async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET" && csrf) headers["x-csrf-token"] = csrf;
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  const text = await response.text();
  const value: unknown = parse(text);
  if (!response.ok) throw Problem.read(response.status, value);
  return value as T;
}

function parse(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

export const query = (values: Record<string, string | number | undefined | null>): string => {
  const parts = Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== "");
  return parts.length === 0 ? "" : `?${parts.map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`).join("&")}`;
};
