import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openShop } from './shop.js';

const shop = await openShop();

test('what is added is in the basket, once for each time', async () => {
  const ann = shop.customer('ann');
  await ann.post('/basket', { product: 'mat' });
  const { path, text } = await ann.post('/basket', { product: 'mat' });
  assert.equal(path, '/basket');
  assert.match(text, /2 ×/);
  assert.match(text, /58\.00 €/);
});

test('what is removed is gone', async () => {
  const ben = shop.customer('ben');
  await ben.post('/basket', { product: 'mat' });
  assert.match((await ben.post('/basket/remove', { product: 'mat' })).text, /It is empty/);
});

test('everybody has a basket of their own', async () => {
  await shop.customer('cem').post('/basket', { product: 'stove' });
  assert.match((await shop.customer('dora').get('/basket')).text, /It is empty/);
});

test('what the shop does not sell cannot be added', async () => {
  assert.equal((await shop.customer('eve').post('/basket', { product: 'unicorn' })).status, 400);
});
