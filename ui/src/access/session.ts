import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, rememberCsrf } from "../api/client";
import type { Session } from "../api/shapes";

export async function signIn(link: string): Promise<Session> {
  const session = await answer(api.POST("/api/v1/session", { body: { link } }));
  rememberCsrf(session.csrf);
  return session;
}

let opening: Promise<Session> | undefined;

/** A link in the address signs in once and leaves the address; else the cookie tells who it is. */
function open(): Promise<Session> {
  opening ??= fromAddress().finally(() => {
    opening = undefined;
  });
  return opening;
}

async function fromAddress(): Promise<Session> {
  const address = new URL(window.location.href);
  const link = address.searchParams.get("link");
  if (link === null) return current();
  address.searchParams.delete("link");
  window.history.replaceState(null, "", address);
  try {
    return await signIn(link);
  } catch (error) {
    // A used link in a browser that is signed in already (a reload, a bookmark) is no reason to stay outside.
    return current().catch(() => Promise.reject(error));
  }
}

async function current(): Promise<Session> {
  const session = await answer(api.GET("/api/v1/session"));
  rememberCsrf(session.csrf);
  return session;
}

export const useSession = () =>
  useQuery({ queryKey: ["session"], queryFn: open, retry: false, staleTime: Infinity, meta: { door: true } });

/** Ends the session of this browser. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await answer(api.DELETE("/api/v1/session"));
    queries.clear();
    window.location.assign("/console/");
  };
}
