import { useState, type FormEvent } from "react";
import type { Issued, Role, TokenRow } from "../api/shapes";
import { Card } from "../look/Card";
import { Confirm, typed } from "../look/Confirm";
import { ProblemNotice } from "../look/Notice";
import { Once } from "../look/Once";
import { State } from "../look/State";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { useCreateToken, useRevokeToken, useTokens } from "./api";

const ROLES: [Role, string][] = [
  ["admin", "admin: everything"],
  ["server", "server: the product's own processes"],
  ["client", "client: a customer's browser; no secret"],
];

/** Tokens that people made; a new one is shown once. */
export function Tokens() {
  const query = useTokens();
  return (
    <>
      <Card title="New token" note="shown once, stored hashed"><NewToken /></Card>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={query.data !== undefined} />}
      {!(query.isError && !query.data) && (
        <Card title="Tokens">
          <Table label="Tokens" columns={COLUMNS} rows={query.data?.items} rowKey={(t) => t.id} empty={<p>None was made by hand. <code>trunkline token create --role server</code> makes one.</p>} />
        </Card>
      )}
    </>
  );
}

function NewToken() {
  const create = useCreateToken();
  const [issued, setIssued] = useState<Issued>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const values = new FormData(form);
    const name = typed(values, "name");
    try {
      setIssued(await create.mutateAsync({ role: values.get("role") as Role, ...(name ? { name } : {}) }));
      form.reset();
    } catch {
      // The mutation keeps the problem; it is shown below.
    }
  };
  return (
    <div className="stack">
      <form className="form inline" onSubmit={(event) => void submit(event)}>
        <label className="field"><span>Name</span><input type="text" name="name" required autoComplete="off" placeholder="warehouse importer" /></label>
        <label className="field"><span>Role</span><select name="role" defaultValue="server">{ROLES.map(([role, words]) => <option key={role} value={role}>{words}</option>)}</select></label>
        <button type="submit" className="primary" disabled={create.isPending}>Create token</button>
      </form>
      {create.isError && <ProblemNotice error={create.error} />}
      {issued && <Once what={`${issued.role} token`} secret={issued.token} done={() => setIssued(undefined)} />}
    </div>
  );
}

const COLUMNS: Column<TokenRow>[] = [
  {
    name: "Name",
    narrow: "lead",
    width: "36%",
    cell: (t) => (
      <>
        {t.name ?? <span className="muted">no name</span>}
        <div className="small muted"><code>{t.id}</code>{t.person ? ` · ${t.person}` : ""}</div>
      </>
    ),
  },
  { name: "Role", cell: (t) => t.role },
  { name: "State", cell: (t) => <State state={t.revoked ? { kind: "plain", word: "Revoked" } : { kind: "good", word: "In force" }} /> },
  { name: "Created", nowrap: true, narrow: "named", cell: (t) => <Ago at={t.created} /> },
  { name: "Last used", nowrap: true, narrow: "named", cell: (t) => (t.last_used ? <Ago at={t.last_used} /> : <span className="muted">never</span>) },
  { name: "Change", num: true, cell: (t) => (t.revoked ? null : <Revoke token={t} />) },
];

function Revoke({ token }: { token: TokenRow }) {
  const revoke = useRevokeToken();
  const name = token.name ?? token.id;
  return (
    <Confirm word="Revoke" className="text-button danger" kind="danger" title={`Revoke ${name}`} sure="Revoke" perform={() => revoke.mutateAsync(token.id)}>
      <ul className="bullets">
        <li>Whoever uses it is refused from the next request on.</li>
        <li>{token.last_used ? <>It was last used <Ago at={token.last_used} />.</> : "It was never used."}</li>
        <li>This cannot be undone; another token can be made.</li>
      </ul>
    </Confirm>
  );
}
