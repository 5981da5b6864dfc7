import { Link } from "wouter";
import { armColour } from "../charts/arms";
import { Chart, Legend, Twin } from "../charts/Chart";
import { columns, COLUMNS_HEIGHT, type Columns } from "../charts/columns";
import { Confirm, typed } from "../look/Confirm";
import { useDrawing } from "../look/Drawn";
import { none, Said } from "../look/Said";
import { Table, type Column } from "../look/Table";
import { Ago } from "../look/Time";
import { count, short } from "../look/words";
import { useAct } from "./api";
import { SetBack, type Done } from "./FlagActions";
import type { FlagView, Reference, Revision, Tester } from "./shapes";
import { conditionWords, servesWords } from "./logic";
import { inOrder, splitOf, splitWords, valueWord, whatWords } from "./words";

interface Props { flag: FlagView; done: Done }

/** The rules in words, first match first, with what is left for all others. */
export function Rules({ flag }: { flag: FlagView }) {
  const isOff = flag.state === "killed";
  return (
    <ol className={`rules${isOff ? " off" : ""}`} aria-label={isOff ? "Rules, not in force while it is killed" : "Rules, the first that holds decides"}>
      {flag.rules.map((rule, i) => (
        <li key={i}>
          {rule.when === null || rule.when === undefined ? <span className="muted">{i > 0 ? "everybody else" : "everybody"} </span> : <><span className="muted">if</span> <Said text={conditionWords(rule.when)} /> <span className="muted">then </span></>}
          <strong><Said text={servesWords(rule.serves)} /></strong>
        </li>
      ))}
      {!flag.rules.some((rule) => rule.when === null) && <li><span className="muted">{flag.rules.length > 0 ? "everybody else" : "everybody"}</span> <strong>{flag.default_variant ?? "the value in the code"}</strong></li>}
    </ol>
  );
}

export function Variants({ flag }: { flag: FlagView }) {
  return (
    <dl className="facts">
      {flag.variants.map((variant) => (
        <div key={variant} style={{ display: "contents" }}>
          <dt><code>{variant}</code></dt>
          <dd><code>{valueWord(flag.values[variant])}</code>{variant === flag.default_variant && <span className="small muted"> default</span>}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Exposures({ flag }: { flag: FlagView }) {
  const days = flag.exposures;
  const variants = inOrder(flag);
  const draw = useDrawing(columnsOf(variants, days ?? []), columns);
  if (!days) return <p className="empty">Not known: exposures are not counted yet.</p>;
  if (days.length === 0) return <p className="empty">Nobody was exposed to it yet. An evaluation of this flag alone by OFREP, OpenTelemetry or PostHog counts; evaluating all flags at once does not.</p>;
  const rows = days.map((d) => [d.day, ...variants.map((v) => count(d.variants[v] ?? 0))]);
  return (
    <>
      <Legend arms={variants.map((name, i) => ({ name, colour: armColour(i, variants.length) }))} />
      <Chart draw={draw} height={COLUMNS_HEIGHT} twin={<Twin label="Exposed persons by day" head={["Day", ...variants]} rows={rows} />} />
    </>
  );
}

const columnsOf = (variants: string[], days: NonNullable<FlagView["exposures"]>): Columns =>
  ({ what: "Exposed persons", series: variants, days: days.map((d) => ({ day: d.day, values: variants.map((v) => d.variants[v] ?? 0) })) });

export function Testers({ flag, done }: Props) {
  const act = useAct(flag.key);
  const columns: Column<Tester>[] = [
    { name: "Targeting key", narrow: "title", cell: (t) => <code>{t.targeting_key}</code> },
    { name: "Gets", cell: (t) => <strong>{t.variant}</strong> },
    {
      name: "Change", num: true,
      cell: (t) => (
        <Confirm word="Remove" className="text-button danger" kind="danger" title={`Remove the tester ${t.targeting_key}`} sure="Remove" perform={async () => done(await act.mutateAsync({ verb: "remove tester", targeting_key: t.targeting_key }), `has no tester ${t.targeting_key} any more`)}>
          <p>The rules decide again what {t.targeting_key} gets.</p>
        </Confirm>
      ),
    },
  ];
  return (
    <div className="stack">
      {flag.testers.length > 0 ? <Table label="Testers" columns={columns} rows={flag.testers} rowKey={(t) => t.targeting_key} /> : <p className="empty">None.</p>}
      {flag.state !== "archived" && <div><AddTester flag={flag} done={done} /></div>}
    </div>
  );
}

function AddTester({ flag, done }: Props) {
  const act = useAct(flag.key);
  const perform = async (values: FormData) => {
    const [targeting_key, variant] = [typed(values, "targeting_key") ?? "", typed(values, "variant") ?? ""];
    done(await act.mutateAsync({ verb: "add tester", targeting_key, variant }), `gives ${variant} to ${targeting_key}`);
  };
  const other = flag.variants.find((v) => v !== flag.default_variant);
  return (
    <Confirm word="Add a tester" title={`Add a tester to ${flag.key}`} sure="Add" perform={perform}>
      <p>One person gets one variant, whatever the rules and the split say; a kill still wins. Nobody else is concerned.</p>
      <label className="field"><span>Targeting key: the id that the product evaluates with</span><input type="text" name="targeting_key" required autoComplete="off" spellCheck={false} /></label>
      <label className="field"><span>Variant</span><select name="variant" defaultValue={other}>{flag.variants.map((v) => <option key={v}>{v}</option>)}</select></label>
    </Confirm>
  );
}

export function History({ flag, done }: Props) {
  const columns: Column<Revision>[] = [
    { name: "Revision", narrow: "named", cell: (r) => count(r.revision) },
    { name: "When", nowrap: true, cell: (r) => <Ago at={r.at} /> },
    { name: "Who", cell: (r) => r.who },
    { name: "What", narrow: "whole", width: "30%", cell: (r) => <>{whatWords(r.what)}{splitOf(r).length > 0 && <div className="small muted">{splitWords(splitOf(r))}</div>}</> },
    { name: "Why", narrow: "whole", width: "24%", cell: (r) => (r.why && !(r.commit && r.why === `commit ${short(r.commit)}`) ? <span className="muted">{r.why}</span> : null) },
    { name: "Commit", nowrap: true, cell: (r) => (r.commit ? <Link href={`/changes/${r.commit}`}><code>{short(r.commit)}</code></Link> : none) },
    { name: "Undo", num: true, cell: (r) => (r.revision === flag.history[0]?.revision ? <span className="small muted">in force</span> : <SetBack flag={flag} revision={r.revision} done={done} />) },
  ];
  return <Table label="History" columns={columns} rows={flag.history} rowKey={(r) => r.revision} empty={<p>Nothing was changed since it was defined.</p>} />;
}

const REFERENCES: Column<Reference>[] = [{ name: "Place", narrow: "whole", cell: (r) => <code>{r.path}:{r.line}</code> }];

export function References({ flag }: { flag: FlagView }) {
  if (!flag.references) return <p className="empty">Not known: no commit was looked through yet.</p>;
  return <Table label="Places in the code" columns={REFERENCES} rows={flag.references} rowKey={(r) => `${r.path}:${r.line}`} empty={<p>No code names it. It can be retired once trunk has it no more.</p>} />;
}
