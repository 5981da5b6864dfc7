// What a deployment relies on: two versions share the data, and the old one leaves without dropping a request.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'shop-'));
const env = { ...process.env, DATA_DIR: folder, PORT: '0' };
const agent = new Agent({ keepAlive: true });
before(() => once(spawn(process.execPath, ['migrate.js'], { env, stdio: 'ignore' }), 'exit'));
after(() => {
  agent.destroy();
  rmSync(folder, { recursive: true });
});

async function start() {
  const server = spawn(process.execPath, ['server.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  after(() => server.kill('SIGKILL'));
  const [line] = await once(server.stdout, 'data');
  return { server, address: /http:\S+/.exec(String(line))[0] };
}

/** Puts a product into the basket and waits for `meanwhile` while the server waits for the form. */
async function add(address, product, meanwhile = () => {}) {
  const headers = { 'trunkline-person': 'ann', expect: '100-continue' };
  const asked = request(`${address}/basket`, { method: 'POST', headers, agent });
  asked.flushHeaders();
  await once(asked, 'continue');
  await meanwhile();
  asked.end(`product=${product}`);
  const [answer] = await once(asked, 'response');
  await answer.resume().toArray();
  return answer.statusCode;
}

async function basket(address) {
  return (await fetch(`${address}/basket`, { headers: { 'trunkline-person': 'ann' } })).text();
}

test('two versions work on the same data', async () => {
  const [old, young] = await Promise.all([start(), start()]);
  assert.deepEqual(await Promise.all([add(old.address, 'pot'), add(young.address, 'stove')]), [303, 303]);
  assert.match(await basket(old.address), /Titanium pot[\s\S]*Spirit stove/);
});

test('on SIGTERM what is under way is answered, and then it ends', async () => {
  const { server, address } = await start();
  const ended = once(server, 'exit');
  const status = await add(address, 'tarp', async () => {
    server.kill('SIGTERM');
    await once(server.stdout, 'data'); // it says so
  });
  assert.equal(status, 303);
  assert.deepEqual(await ended, [0, null]);
});
