// Shows what the demo says of itself, and follows it. Rows keep their place; only what changed is touched.

import { chart } from './chart.js';

const STATES = {
  ahead: ['○', 'ahead'],
  playing: ['◐', 'playing'],
  as_expected: ['✓', 'as expected'],
  not_as_expected: ['✕', 'not as expected'],
};
const at = (id) => document.getElementById(id);
const count = new Intl.NumberFormat('en');

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Puts rows into a list only if they are others than before. */
function fill(list, key, rows) {
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...rows());
}

function state(name) {
  const [icon, word] = STATES[name];
  const mark = make('span', { 'aria-hidden': 'true' }, icon);
  return make('span', { class: `state ${name}` }, mark, word);
}

/** Leads to a page of the console, signed in. */
function consolePage(to) {
  return `go?to=${encodeURIComponent(to)}`;
}

/** The page of the first change that a scene is about. */
function changeOf(scene) {
  return scene.links.find(({ to }) => to.startsWith('/console/changes/'))?.to;
}

/** After the last scene: how all of them went, in the place of one. */
function ending({ scenes }) {
  const good = scenes.filter(({ state: name }) => name === 'as_expected').length;
  const last = scenes.at(-1);
  return {
    state: good === scenes.length ? 'as_expected' : 'not_as_expected',
    title: `${good} of ${scenes.length} scenes went as expected`,
    story: 'The demo has been played. Trunkline, the shop and its customers go on until you stop them.',
    look: 'each scene in the list leads to the page that tells its story; the console and the shop are yours now.',
    notes: last.notes,
    links: [{ label: 'What is live now', to: '/console/' }, ...last.links.slice(-1)],
  };
}

function showScene(told) {
  const { scenes, current, is_over: isOver, product_url: shop } = told;
  const scene = isOver ? ending(told) : scenes[current];
  say(at('number'), isOver ? 'All scenes' : `Scene ${current + 1} of ${scenes.length}`);
  fill(at('state'), scene.state, () => [state(scene.state)]);
  say(at('title'), scene.title);
  say(at('story'), scene.story);
  say(at('look'), `Where to look: ${scene.look}`);
  fill(at('links'), JSON.stringify(scene.links), () => [
    ...scene.links.map(({ label, to }) => make('a', { href: consolePage(to), target: 'console' }, label)),
    make('a', { href: shop, target: 'shop' }, 'The shop'),
  ]);
  const answer = at('answer');
  answer.hidden = !scene.actual;
  answer.className = `answer ${scene.state}`;
  say(answer, scene.actual ? `Expected: ${scene.expected}. It was: ${scene.actual}.` : '');
  const newest = [...scene.notes].reverse();
  say(at('happened'), isOver ? 'What happened last' : 'What happened');
  fill(at('notes'), JSON.stringify(newest), () => newest.length
    ? newest.map(({ at_seconds: seconds, text }) => make('li', {}, make('time', {}, `${seconds.toFixed(1)} s`), make('span', {}, text)))
    : [make('li', { class: 'quiet' }, 'Nothing yet.')]);
  const change = changeOf(scene);
  say(at('command'), change ? `trunkline change show ${change.split('/').pop().slice(0, 7)}` : 'trunkline change list');
}

function showScenes({ scenes, current, is_over: isOver }) {
  fill(at('scenes'), JSON.stringify(scenes.map((scene) => [scene.state, changeOf(scene), current, isOver])), () =>
    scenes.map((scene, index) => {
      const to = changeOf(scene);
      const title = to ? make('a', { href: consolePage(to), target: 'console' }, scene.title) : make('span', {}, scene.title);
      const row = make('li', index === current && !isOver ? { 'aria-current': 'step' } : {}, title, state(scene.state));
      if (isOver && scene.actual) row.append(make('p', { class: 'quiet' }, scene.actual));
      return row;
    }));
}

function showBooks({ ledger, seconds }) {
  if (ledger.requests > 0) {
    say(at('sentence'), `${count.format(ledger.failures)} of ${count.format(ledger.requests)} requests failed; ${count.format(ledger.customers)} customers came ${count.format(ledger.visits)} times and placed ${count.format(ledger.orders)} orders.`);
  }
  const chartBox = at('chart');
  chartBox.innerHTML = chart(seconds, Math.max(280, chartBox.clientWidth));
  const recent = seconds.slice(-6, -1).flatMap(({ requests }) => requests);
  const all = recent.reduce((sum, [, requests]) => sum + requests, 0);
  const rows = [...ledger.releases].reverse().map((release) => {
    const mine = recent.filter(([number]) => number === release.release).reduce((sum, [, requests]) => sum + requests, 0);
    return [
      release.release === null ? 'no release said' : String(release.release),
      count.format(release.requests),
      count.format(release.failures),
      count.format(release.customers),
      count.format(release.failed_customers),
      all > 0 ? `${Math.round((100 * mine) / all)} %` : '–',
    ];
  });
  if (rows.length) showRows(at('releases'), rows);
}

/** Changes numbers in place: rows do not move under the pointer. */
function showRows(body, rows) {
  if (body.rows.length !== rows.length || body.rows[0].cells.length !== rows[0].length) {
    body.replaceChildren(...rows.map((cells) => make('tr', {}, ...cells.map(() => make('td')))));
  }
  rows.forEach((cells, row) => cells.forEach((text, column) => {
    const cell = body.rows[row].cells[column];
    say(cell, text);
    cell.className = (column === 2 || column === 4) && text !== '0' ? 'some' : '';
  }));
}

function show(told) {
  say(at('seed'), String(told.seed));
  say(at('clock'), `${Math.floor(told.elapsed_seconds)} s`);
  at('shop').href = told.product_url;
  showScene(told);
  showScenes(told);
  showBooks(told);
  say(at('connection'), told.is_over ? 'The demo has been played.' : 'Live.');
}

const stream = new EventSource('stream');
stream.onmessage = ({ data }) => show(JSON.parse(data));
stream.onerror = () => say(at('connection'), 'The demo does not answer any more: it has ended, or was stopped.');
