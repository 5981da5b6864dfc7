import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { answer, api } from "../api/client";
import type { SecretName } from "../api/shapes";
import { Card } from "../look/Card";
import { Confirm } from "../look/Confirm";
import { Notice, ProblemNotice } from "../look/Notice";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { useSecrets, useStatus } from "./api";

/** Secrets by name; a value goes in and never comes out. */
export function Secrets() {
  const query = useSecrets();
  return (
    <>
      <Card title="Set a secret" note="encrypted at rest, redacted in every log"><SetSecret /></Card>
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} kept={query.data !== undefined} />}
      {!(query.isError && !query.data) && (
        <Card title="Secrets" note="values are never shown">
          <Table label="Secrets" columns={COLUMNS} rows={query.data?.items} rowKey={(s) => `${s.service}/${s.name}`} empty={<p>None is set. <code>trunkline secret set SERVICE NAME</code> sets one; a service names those it needs in <code>trunkline.yaml</code>.</p>} />
        </Card>
      )}
    </>
  );
}

function SetSecret() {
  const queries = useQueryClient();
  const services = useStatus().data?.services.map((s) => s.service) ?? [];
  const set = useMutation({
    mutationFn: ({ service, name, value }: { service: string; name: string; value: string }) =>
      answer(api.PUT("/api/v1/secrets/{service}/{name}", { params: { path: { service, name } }, body: { value } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["secrets"] }),
  });
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const values = new FormData(form);
    const text = (name: string) => String(values.get(name) ?? "");
    try {
      await set.mutateAsync({ service: text("service").trim(), name: text("name").trim(), value: text("value") });
      form.reset();
    } catch {
      // The mutation keeps the problem; it is shown below.
    }
  };
  return (
    <div className="stack">
      <form className="form inline" onSubmit={(event) => void submit(event)}>
        <label className="field"><span>Service</span><input type="text" name="service" list="services" required autoComplete="off" defaultValue={services.length === 1 ? services[0] : ""} key={services.length} /></label>
        <datalist id="services">{services.map((service) => <option key={service} value={service} />)}</datalist>
        <label className="field"><span>Name</span><input type="text" name="name" required autoComplete="off" spellCheck={false} placeholder="STRIPE_KEY" /></label>
        <label className="field"><span>Value</span><input type="password" name="value" required autoComplete="new-password" /></label>
        <button type="submit" className="primary" disabled={set.isPending}>Set secret</button>
      </form>
      {set.isError && <ProblemNotice error={set.error} />}
      {set.isSuccess && <Notice kind="good">{set.variables.name} of {set.variables.service} is set. The next deployment has it.</Notice>}
    </div>
  );
}

const COLUMNS: Column<SecretName>[] = [
  { name: "Name", narrow: "lead", cell: (s) => <code>{s.name}</code> },
  { name: "Service", narrow: "named", cell: (s) => s.service },
  { name: "Set", nowrap: true, narrow: "named", cell: (s) => <Ago at={s.updated} /> },
  { name: "By", narrow: "named", cell: (s) => s.by },
  { name: "Change", num: true, cell: (s) => <Remove secret={s} /> },
];

function Remove({ secret }: { secret: SecretName }) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => answer(api.DELETE("/api/v1/secrets/{service}/{name}", { params: { path: { service: secret.service, name: secret.name } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["secrets"] }),
  });
  return (
    <Confirm word="Remove" className="text-button danger" kind="danger" title={`Remove ${secret.name}`} sure="Remove" perform={() => remove.mutateAsync()}>
      <ul className="bullets">
        <li>What runs of {secret.service} keeps it until its next deployment.</li>
        <li>A deployment of {secret.service} that needs it does not start without it; what is live stays live.</li>
        <li>The value cannot be brought back; it can be set again.</li>
      </ul>
    </Confirm>
  );
}
