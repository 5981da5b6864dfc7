import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openShop } from './shop.js';

const shop = await openShop();

async function found(text) {
  const answer = await shop.customer('ann').get(`/search?q=${encodeURIComponent(text)}`);
  return [...answer.text.matchAll(/href="\/products\/([^"]+)"/g)].map(([, id]) => id);
}

test('a word of the name finds the product, however it is written', async () => {
  assert.deepEqual(await found('TARP'), ['tarp']);
});

test('a word of the description finds it too', async () => {
  assert.deepEqual(await found('merino'), ['wool-shirt']);
});

test('a part of a word is enough', async () => {
  assert.deepEqual(await found('sleep'), ['down-bag']);
});

test('nothing found is said, with what was searched for', async () => {
  const { text } = await shop.customer('ann').get('/search?q=<b>');
  assert.match(text, /Nothing has “&lt;b&gt;” in it/);
});
