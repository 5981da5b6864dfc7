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
