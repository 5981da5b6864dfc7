import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openShop } from './shop.js';

const shop = await openShop();

test('the list links to every product', async () => {
  const ann = shop.customer('ann');
  const { text } = await ann.get('/');
  const links = [...text.matchAll(/href="(\/products\/[^"]+)"/g)].map(([, path]) => path);
  assert.equal(new Set(links).size, 12);
});

test('a product page says what it is and what it costs', async () => {
  const { status, text } = await shop.customer('ann').get('/products/stove');
  assert.equal(status, 200);
  assert.match(text, /<h1>Spirit stove<\/h1>/);
  assert.match(text, /39\.00 €/);
});

test('every page says which release made it', async () => {
  const { headers, text } = await shop.customer('ann').get('/');
  assert.equal(headers.get('x-shop-release'), 'test');
  assert.match(text, /release test/);
});

test('what is not there is said to be so', async () => {
  for (const path of ['/products/unicorn', '/nowhere', '/orders/1']) {
    assert.equal((await shop.customer('ann').get(path)).status, 404, path);
  }
});

test('the health page answers', async () => {
  assert.equal((await shop.customer('ann').get('/up')).status, 200);
});
