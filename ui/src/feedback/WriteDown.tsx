import { useState } from "react";
import { useJourneys } from "../journeys/api";
import { Confirm, typed } from "../look/Confirm";
import { useWriteDown } from "./api";
import type { Given } from "./shapes";
import { newId, tagsOf } from "./words";

/** Writes down what a customer said elsewhere. Sent twice it is taken once. */
export function WriteDown() {
  const [id, setId] = useState(newId);
  const write = useWriteDown();
  const journeys = useJourneys().data?.items ?? [];
  const perform = async (values: FormData) => write.mutateAsync({ id, given: givenOf(values) });
  return (
    <Confirm word="Write down" kind="primary" title="What a customer said" sure="Write down" opened={() => setId(newId())} perform={perform}>
      <label className="field"><span>Their words</span><textarea name="text" rows={4} required maxLength={5000} /></label>
      <div className="form inline">
        <label className="field"><span>Person, any id, if it is known</span><input type="text" name="person" autoComplete="off" spellCheck={false} /></label>
        <label className="field"><span>Journey that they speak of</span><select name="journey" defaultValue=""><option value="">none in particular</option>{journeys.map(({ journey }) => <option key={journey}>{journey}</option>)}</select></label>
        <label className="field"><span>When, if not now</span><input type="datetime-local" name="at" /></label>
        <label className="field"><span>Where they said it</span><input type="text" name="channel" placeholder="mail" autoComplete="off" /></label>
      </div>
      <label className="field"><span>Page that they speak of</span><input type="text" name="url" placeholder="/checkout" autoComplete="off" spellCheck={false} /></label>
      <label className="field"><span>Tags, with spaces between</span><input type="text" name="tags" placeholder="price delivery" autoComplete="off" spellCheck={false} /></label>
      <p className="small muted">With a person and a time it is joined to what they saw and did then. Many at once: <code>trunkline feedback import FILE</code></p>
    </Confirm>
  );
}

/** What was typed; what was not is left out. */
function givenOf(values: FormData): Given {
  const at = typed(values, "at");
  const line = (name: "person" | "journey" | "channel" | "url") => {
    const value = typed(values, name);
    return value === undefined ? {} : { [name]: value };
  };
  return { text: typed(values, "text") ?? "", ...line("person"), ...line("journey"), ...line("channel"), ...line("url"), ...(at && { at: new Date(at).toISOString() }), tags: tagsOf(typed(values, "tags") ?? "") };
}
