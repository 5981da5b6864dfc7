import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openShop } from './shop.js';

const shop = await openShop();
const HOME = { name: 'Ann Example', address: '1 Hill Road' };

async function withBasket(person, ...products) {
  const customer = shop.customer(person);
  for (const product of products) await customer.post('/basket', { product });
  return customer;
}

test('an order is placed, numbered, and empties the basket', async () => {
  const ann = await withBasket('ann', 'stove');
  const placed = await ann.post('/checkout', HOME);
  assert.match(placed.path, /^\/orders\/\d+$/);
  assert.match(placed.text, /on its way to Ann Example/);
  assert.match((await ann.get('/basket')).text, /It is empty/);
});

test('delivery is part of the total', async () => {
  const ben = await withBasket('ben', 'stove');
  assert.match((await ben.get('/checkout')).text, /class="total">43\.90 €/);
  assert.match((await ben.post('/checkout', HOME)).text, /class="total">43\.90 €/);
});

test('without an address nothing is ordered', async () => {
  const cem = await withBasket('cem', 'stove');
  const answer = await cem.post('/checkout', { name: 'Cem Example', address: ' ' });
  assert.equal(answer.status, 422);
  assert.match(answer.text, /We need your name and your address/);
  assert.match((await cem.get('/basket')).text, /Spirit stove/);
});

test('an empty basket cannot be checked out', async () => {
  assert.equal((await shop.customer('dora').post('/checkout', HOME)).path, '/basket');
});

test('nobody sees the order of another', async () => {
  const { path } = await (await withBasket('eve', 'pot')).post('/checkout', HOME);
  assert.equal((await shop.customer('mallory').get(path)).status, 404);
});
