import { Confirm, typed } from "../look/Confirm";
import { useTag } from "./api";
import type { Said } from "./shapes";
import { tagsOf } from "./words";

/** Its tags, changed as one line of words. */
export function TagIt({ said }: { said: Said }) {
  const tag = useTag();
  const perform = async (values: FormData) => tag.mutateAsync({ id: said.id, tags: tagsOf(typed(values, "tags") ?? "") });
  return (
    <Confirm word={said.tags.length > 0 ? "Change tags" : "Tag it"} className="text-button" title="Tags" sure="Save" perform={perform}>
      <blockquote className="small">{said.text}</blockquote>
      <label className="field"><span>Tags, with spaces between: lower-case letters, digits and -</span><input type="text" name="tags" defaultValue={said.tags.join(" ")} autoComplete="off" spellCheck={false} /></label>
      <p className="small muted">Same: <code>trunkline feedback tag {said.id} {said.tags.join(" ") || "TAG"}</code></p>
    </Confirm>
  );
}
