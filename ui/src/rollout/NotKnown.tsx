import { Icon } from "../look/Icon";

const WORDS: Record<string, [name: string, why: string]> = {
  checks: ["Checks", "its run has not begun"],
  red_green: ["Red before green", "its tests were not run against the parent yet"],
  gates: ["Gates", "one of them has not answered yet"],
  guards: ["Guards", "no customer has had it, or they have not looked yet"],
  exposures: ["First seen", "its flags are not looked up yet"],
  artifacts: ["Artifacts", "nothing is built yet"],
  flags: ["Flags", "its flags are not looked up yet"],
  exposed_persons: ["Who saw it", "nobody was exposed to a flag of it yet"],
  journeys: ["Journeys before and after", "no journey is measured with it yet"],
  verdicts: ["Verdicts", "no experiment measures it"],
  findings: ["Vulnerabilities", "no customer has had it, or what it is made of could not be read"],
  feedback: ["What customers said", "nobody could be asked yet"],
};

/** Parts of the story that nobody can tell; said, never drawn as zero. */
export function NotKnown({ parts }: { parts: string[] }) {
  return (
    <ul className="list">
      {parts.map((part) => {
        const [name, why] = WORDS[part] ?? [part.replaceAll("_", " "), "not known yet"];
        return (
          <li key={part}>
            <span className="muted"><Icon name="question" size={16} /></span>
            <div>{name} <span className="small muted">{why}</span></div>
          </li>
        );
      })}
    </ul>
  );
}
