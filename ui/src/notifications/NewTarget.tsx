import { useState, type FormEvent } from "react";
import { typed } from "../look/Confirm";
import { ProblemNotice } from "../look/Notice";
import { Once } from "../look/Once";
import { useAdd } from "./api";

/** Where messages are to go from now on; what they are signed with is shown once. */
export function NewTarget() {
  const add = useAdd();
  const [secret, setSecret] = useState<string>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const values = new FormData(form);
    const domain = typed(values, "domain");
    try {
      setSecret((await add.mutateAsync({ url: typed(values, "url") ?? "", ...(domain ? { domain } : {}) })).secret);
      form.reset();
    } catch {
      // The mutation keeps the problem; it is shown below.
    }
  };
  return (
    <div className="stack">
      <form className="form inline" onSubmit={(event) => void submit(event)}>
        <label className="field"><span>Address</span><input type="text" name="url" inputMode="url" required autoComplete="off" placeholder="https://chat.example.com/hooks/shop" /></label>
        <label className="field"><span>Only what this domain owns (optional)</span><input type="text" name="domain" autoComplete="off" placeholder="sales" /></label>
        <button type="submit" className="primary" disabled={add.isPending}>Add target</button>
      </form>
      {add.isError && <ProblemNotice error={add.error} />}
      {secret && <Once what="secret that messages are signed with" secret={secret} done={() => setSecret(undefined)} />}
      <p className="small muted">Only some kinds, or an address inside your own network: <code>trunkline notify add URL --events rollback,finding --allow-private</code></p>
    </div>
  );
}
