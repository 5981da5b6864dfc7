import { useFlags } from "../flags/api";
import { RANGES, rangeKey, rangeOf, type Who } from "./words";

interface Props { params: URLSearchParams; by: string; who: Who; set: (next: Record<string, string>) => void }

const today = () => new Date().toISOString().slice(0, 10);

/** What is looked at: when, side by side, and who counts. */
export function Controls({ params, by, who, set }: Props) {
  const flags = useFlags("").data?.pages.flatMap((page) => page.items).filter((f) => f.variants.length > 1) ?? [];
  const choices = ["", "release", ...flags.map((f) => `variant:${f.key}`)];
  const isProperty = params.has("by") && !choices.includes(by) && !by.startsWith("variant:");
  const range = rangeOf(params);
  const chosen = rangeKey(params);
  const pickRange = (key: string) => set(key === "between" ? { range: "", from: params.get("from") ?? today(), to: params.get("to") ?? today() } : { range: key === "7d" ? "" : key, from: "", to: "" });
  return (
    <div className="controls" role="group" aria-label="What is looked at">
      <label className="choice"><span>When</span>
        <select value={chosen} onChange={(event) => pickRange(event.target.value)}>
          {RANGES.map((r) => <option key={r.key} value={r.key}>{r.name}</option>)}
          <option value="between">Between days</option>
        </select>
      </label>
      {range.kind === "between" && (
        <>
          <label className="choice"><span>From</span><input type="date" value={range.from} max={range.to} onChange={(event) => event.target.value && set({ from: event.target.value })} /></label>
          <label className="choice"><span>To</span><input type="date" value={range.to} min={range.from} onChange={(event) => event.target.value && set({ to: event.target.value })} /></label>
        </>
      )}
      <label className="choice"><span>Side by side</span>
        <select value={isProperty ? "property" : by} onChange={(event) => set({ by: event.target.value === "property" ? "$browser" : event.target.value })}>
          <option value="">everybody together</option>
          <option value="release">by release</option>
          {flags.map((f) => <option key={f.key} value={`variant:${f.key}`}>by variant of {f.key}</option>)}
          {by.startsWith("variant:") && !choices.includes(by) && <option value={by}>by variant of {by.slice(8)}</option>}
          <option value="property">by a property</option>
        </select>
      </label>
      {isProperty && <label className="choice"><span>Property</span><input key={by} type="text" defaultValue={by} spellCheck={false} onBlur={(event) => set({ by: event.target.value.trim() })} onKeyDown={(event) => { if (event.key === "Enter") set({ by: event.currentTarget.value.trim() }); }} /></label>}
      <fieldset className="switch">
        <legend>Who counts</legend>
        {(["everyone", "witnessed"] as const).map((each) => (
          <button key={each} type="button" aria-pressed={who === each} title={each === "witnessed" ? "Only persons whose signed cookie came back to the edge" : "Also persons whom only events tell of"} onClick={() => set({ who: each === "everyone" ? "" : each })}>{each}</button>
        ))}
      </fieldset>
    </div>
  );
}
