import createClient, { type Middleware } from "openapi-fetch";
import { Problem } from "./problem";
import type { paths } from "./schema";

let csrf: string | undefined;

/** Goes into every write; known from the session. */
export function rememberCsrf(value: string): void {
  csrf = value;
}

const proveOwnPage: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET" && csrf) request.headers.set("x-csrf-token", csrf);
    return request;
  },
};

/** The API as its document describes it. */
export const api = createClient<paths>({ baseUrl: window.location.origin });
api.use(proveOwnPage);

/** The answer of a call; fails with a `Problem`. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw Problem.read(response.status, error);
  return data as T;
}

/** What a route takes besides its path. */
interface Wish { query?: Record<string, string | number | undefined>; body?: unknown }

/** A call of a route whose shapes a context says itself (`shapes.ts`), until the API's document has it. */
export async function call<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, { query = {}, body }: Wish = {}): Promise<T> {
  const given = Object.entries(query).filter((pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== "");
  const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  const headers = new Headers({ accept: "application/json" });
  if (method !== "GET" && csrf) headers.set("x-csrf-token", csrf);
  if (body !== undefined) headers.set("content-type", "application/json");
  const response = await fetch(search === "" ? path : `${path}?${search}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw Problem.read(response.status, parsed(text));
  return parsed(text) as T;
}

/** A list that goes on by cursor. */
export interface Page<T> { items: T[]; next?: string | null }

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
