import { Icon } from "../look/Icon";
import { sentence } from "../look/Notice";
import { Said } from "../look/Said";
import type { FeedAge as Age } from "./shapes";

/** How old that is by which something was judged. */
export function FeedAge({ age }: { age: Age }) {
  return (
    <small className="muted">
      {age.stale && <span className="ink-warn"><Icon name="question" size={14} /> </span>}
      <Said text={sentence(age.sentence)} />
    </small>
  );
}
