import { Dialog } from "../look/Dialog";

const KEYS: [string[], string][] = [
  [["g", "n"], "Now"],
  [["g", "c"], "Changes"],
  [["g", "f"], "Flags"],
  [["g", "j"], "Journeys"],
  [["g", "x"], "Experiments"],
  [["g", "v"], "Security: vulnerabilities"],
  [["g", "u"], "Features: what is used"],
  [["g", "b"], "Feedback: what customers said"],
  [["g", "e"], "Events"],
  [["g", "d"], "Deployments"],
  [["g", "m"], "Delivery: five measures"],
  [["g", "o"], "Domains: who owns what"],
  [["g", "s"], "Settings"],
  [["/"], "Type into the filter"],
  [["j"], "Next row"],
  [["k"], "Previous row"],
  [["Enter"], "Open the row"],
  [["?"], "This help"],
  [["Esc"], "Close"],
];

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className="keys-list">
        {KEYS.map(([keys, what]) => (
          <div key={what} style={{ display: "contents" }}>
            <dt>{keys.map((key) => <kbd key={key} style={{ marginRight: 4 }}>{key}</kbd>)}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className="buttons">
        <button type="button" onClick={onClose}>Close</button>
      </div>
    </Dialog>
  );
}
