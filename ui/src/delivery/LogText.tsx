import { memo, useLayoutEffect, useRef, useState } from "react";
import { count } from "../look/words";
import { openLine, type Line, type Screen } from "./ansi";

interface Props {
  screen: Screen;
  label: string;
  /** Whether more may come: the end is followed until somebody scrolls up. */
  isGrowing: boolean;
}

/** A log as text; it is never read as markup. */
export function LogText({ screen, label, isGrowing }: Props) {
  const place = useRef<HTMLPreElement>(null);
  const [follows, setFollows] = useState(true);
  useLayoutEffect(() => {
    const element = place.current;
    if (element && follows) element.scrollTop = element.scrollHeight;
  }, [screen, follows]);
  const onScroll = () => {
    const element = place.current;
    if (element) setFollows(element.scrollHeight - element.scrollTop - element.clientHeight < 24);
  };
  const isEmpty = screen.lines.length === 0 && screen.open === "";
  return (
    <div className="stack-tight">
      {screen.dropped > 0 && <p className="small muted">{count(screen.dropped)} earlier lines are left out here; the whole log has them.</p>}
      <pre className="log" ref={place} onScroll={onScroll} tabIndex={0} role="log" aria-live="off" aria-label={label}>
        {isEmpty && <span className="muted">{isGrowing ? "Nothing printed yet." : "It printed nothing."}</span>}
        {screen.lines.map((line, i) => <LogLine key={screen.dropped + i} line={line} />)}
        {screen.open !== "" && <LogLine line={openLine(screen)} />}
      </pre>
      {isGrowing && (
        <div>
          <button type="button" className="chip" aria-pressed={follows} onClick={() => setFollows(!follows)}>{follows ? "Following" : "Follow"}</button>
        </div>
      )}
    </div>
  );
}

const LogLine = memo(function LogLine({ line }: { line: Line }) {
  return (
    <>
      {line.map((segment, i) => (segment.classes ? <span key={i} className={segment.classes}>{segment.text}</span> : segment.text))}
      {"\n"}
    </>
  );
});
