import { Notice } from "./Notice";

/** A secret that is shown once and never again. */
export function Once({ what, secret, done }: { what: string; secret: string; done: () => void }) {
  return (
    <Notice kind="warn">
      <div className="stack-tight">
        <p>This is the only time the {what} is shown. Keep it where it is needed.</p>
        <div className="secret-once" data-testid="shown-once">{secret}</div>
        <div className="meta">
          <button type="button" onClick={() => void navigator.clipboard?.writeText(secret)}>Copy</button>
          <button type="button" onClick={done}>I have it</button>
        </div>
      </div>
    </Notice>
  );
}
