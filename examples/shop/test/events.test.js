import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openShop } from './shop.js';

test('a walk from a product to an order is told, step by step, and nothing else is', async () => {
  const told = [];
  const trunkline = { clientToken: 'phc_test', flag: async (_key, fallback) => fallback, tell: (...event) => told.push(event) };
  const ann = (await openShop({ trunkline })).customer('ann');
  await ann.get('/');
  await ann.get('/products/stove');
  await ann.get('/products/unicorn');
  await ann.post('/basket', { product: 'stove' });
  await ann.get('/checkout');
  await ann.post('/checkout', { name: 'Ann Example', address: '' });
  await ann.post('/checkout', { name: 'Ann Example', address: '1 Hill Road' });
  assert.deepEqual(told.map(([person, event]) => `${person}: ${event}`), [
    'ann: product viewed',
    'ann: added to basket',
    'ann: checkout started',
    'ann: order placed',
  ]);
  assert.deepEqual(told[0][2], { product: 'stove' });
});

test('the browser is told what to send its events with, if there is anything', async () => {
  const trunkline = { clientToken: 'phc_test', flag: async (_key, fallback) => fallback, tell: () => {} };
  assert.match((await (await openShop({ trunkline })).customer('a"b').get('/')).text, /data-token="phc_test" data-person="a&quot;b"/);
  assert.doesNotMatch((await (await openShop()).customer('ann').get('/')).text, /<script/);
});
