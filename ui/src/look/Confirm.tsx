import { useState, type FormEvent, type ReactNode } from "react";
import { Dialog } from "./Dialog";
import { ProblemNotice } from "./Notice";

interface Props {
  /** The button on the page. */
  word: string;
  title: string;
  /** What it will do to whom, before anything is done. */
  children: ReactNode;
  /** The button that does it. */
  sure: string;
  kind?: "danger" | "primary" | "plain";
  /** Asks for a reason; a required one must be given. */
  reason?: "required" | "optional";
  className?: string;
  /** Before the dialog shows: what it holds may begin anew. */
  opened?: () => void;
  perform: (values: FormData) => Promise<unknown>;
}

/** A button that first shows its blast radius and then asks. */
export function Confirm({ word, title, children, sure, kind = "plain", reason, className, opened, perform }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const close = () => {
    setOpen(false);
    setFailure(undefined);
  };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await perform(new FormData(event.currentTarget));
      setOpen(false);
    } catch (problem) {
      setFailure(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" className={className ?? (kind === "plain" ? undefined : kind)} onClick={() => { opened?.(); setOpen(true); }}>{word}</button>
      {isOpen && (
        <Dialog title={title} onClose={close}>
          <form className="form" onSubmit={(event) => void submit(event)}>
            {children}
            {reason && (
              <label className="field">
                <span>Reason{reason === "optional" ? " (optional)" : ""}, kept in the audit log</span>
                <input type="text" name="reason" autoComplete="off" required={reason === "required"} />
              </label>
            )}
            {failure !== undefined && <ProblemNotice error={failure} />}
            <div className="buttons">
              <button type="button" onClick={close}>Leave it</button>
              <button type="submit" className={kind === "danger" ? "danger sure" : "primary"} disabled={busy}>{busy ? "Working" : sure}</button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}

/** A typed text of a form, or nothing. */
export function typed(values: FormData, name: string): string | undefined {
  const value = values.get(name);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
