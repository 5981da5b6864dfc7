// Requests a second, stacked by release: a pure function of what was counted and the width there is.

const SECONDS = 120;
const HEIGHT = 132;
const LEFT = 36;
const FOOT = 18;
const HEAD = 8;

/** The chart as SVG text. `seconds`: [{second, requests: [[release, count]], failures}], oldest first. */
export function chart(seconds, width) {
  const last = seconds.at(-1)?.second ?? 0;
  const top = ceiling(Math.max(10, ...seconds.map(total)));
  const newest = Math.max(0, ...seconds.flatMap(({ requests }) => requests.map(([release]) => release ?? 0)));
  const step = (width - LEFT) / SECONDS;
  const plot = { last, top, newest, step, tall: HEIGHT - FOOT - HEAD };
  const bars = seconds.filter(({ second }) => second > last - SECONDS).map((second) => bar(second, plot));
  return `<svg width="${width}" height="${HEIGHT}" role="img" aria-label="${sentence(seconds, newest)}">
    ${axis(plot, width)}${bars.join('')}</svg>`;
}

/** What the chart shows, in words. */
export function sentence(seconds, newest) {
  const now = seconds.at(-2) ?? seconds.at(-1);
  if (!now) return 'No requests yet';
  const all = total(now);
  const ofNewest = now.requests.find(([release]) => release === newest)?.[1] ?? 0;
  const failures = seconds.reduce((sum, { failures: count }) => sum + count, 0);
  return `${all} requests in the last second, ${ofNewest} of them answered by release ${newest}; ${failures} failed in the last two minutes`;
}

function total({ requests }) {
  return requests.reduce((sum, [, count]) => sum + count, 0);
}

function ceiling(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * unit).find((bound) => bound >= value);
}

function bar({ second, requests, failures }, { last, top, newest, step, tall }) {
  const x = LEFT + (SECONDS - 1 - (last - second)) * step;
  const wide = Math.max(1, step - 1).toFixed(2);
  let y = HEAD + tall;
  const piece = (count, name) => {
    const high = (count / top) * tall;
    y -= high;
    return `<rect class="${name}" x="${x.toFixed(2)}" y="${y.toFixed(2)}" width="${wide}" height="${high.toFixed(2)}"/>`;
  };
  const ofNewest = requests.find(([release]) => release === newest)?.[1] ?? 0;
  const others = requests.reduce((sum, [, count]) => sum + count, 0) - ofNewest;
  const mark = failures > 0 ? `<rect class="failed" x="${x.toFixed(2)}" y="0" width="${wide}" height="5"/>` : '';
  return piece(ofNewest, 'new') + piece(others, 'old') + mark;
}

function axis({ top, tall }, width) {
  const base = HEAD + tall;
  const ticks = [0, top / 2, top].map((value) => {
    const y = base - (value / top) * tall;
    return `<text x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${value}</text>`;
  });
  return `<line class="axis" x1="${LEFT}" x2="${width}" y1="${base}" y2="${base}"/>${ticks.join('')}
    <text x="${LEFT}" y="${HEIGHT - 4}">2 min ago</text><text x="${width}" y="${HEIGHT - 4}" text-anchor="end">now</text>`;
}
