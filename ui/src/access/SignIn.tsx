import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Problem } from "../api/problem";
import { Cli } from "../look/Cli";
import { Logo } from "../look/Icon";
import { ProblemNotice } from "../look/Notice";
import { codeOf } from "./link";
import { signIn } from "./session";

/** Without a session: how to get one, and a place to paste it. */
export function SignIn({ error }: { error: unknown }) {
  const queries = useQueryClient();
  const [failure, setFailure] = useState<unknown>(linkFailure(error));
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = codeOf(String(new FormData(event.currentTarget).get("link") ?? ""));
    if (code === "") return;
    setBusy(true);
    try {
      queries.setQueryData(["session"], await signIn(code));
    } catch (problem) {
      setFailure(problem);
      setBusy(false);
    }
  };
  return (
    <main className="door" id="main">
      <div className="card">
        <div className="brand"><Logo /><strong>Trunkline</strong></div>
        <h1>Sign in</h1>
        <div className="stack" style={{ marginTop: 12 }}>
          <p>A one-time link opens the console in this browser. <code>trunkline up</code> prints one when it starts; this makes another:</p>
          <Cli command="trunkline token link" />
          {failure !== undefined && <ProblemNotice error={failure} />}
          <form className="form" onSubmit={(event) => void submit(event)}>
            <label className="field">
              <span>The link, or the code at its end</span>
              <input type="text" name="link" autoComplete="off" spellCheck={false} required />
            </label>
            <button type="submit" className="primary" disabled={busy}>{busy ? "Signing in" : "Sign in"}</button>
          </form>
          <p className="small muted">A link works once and for 15 minutes. The session lasts 30 days, in this browser only.</p>
        </div>
      </div>
    </main>
  );
}

/** Having no session is the normal case here and no failure; a link that did not work is one. */
function linkFailure(error: unknown): unknown {
  return Problem.of(error).message.includes("link") && !Problem.of(error).message.startsWith("no ") ? error : undefined;
}

/** The server does not answer at all. */
export function Unreachable({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <main className="door" id="main">
      <div className="card">
        <div className="brand"><Logo /><strong>Trunkline</strong></div>
        <h1>Trunkline does not answer</h1>
        <div className="stack" style={{ marginTop: 12 }}>
          <p>The product keeps running without it. This starts the control plane again:</p>
          <Cli command="trunkline up" />
          <p className="small muted">{Problem.of(error).message}</p>
          <div><button type="button" className="primary" onClick={retry}>Try again</button></div>
        </div>
      </div>
    </main>
  );
}
