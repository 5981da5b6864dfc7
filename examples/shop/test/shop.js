// A shop of one's own for each test file, and customers who walk it over HTTP as a browser would.

import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { createApp } from '../src/app.js';
import { migrate, openDatabase } from '../src/database.js';

export async function openShop(more = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'shop-'));
  const database = openDatabase(folder);
  migrate(database);
  const server = createServer(createApp({ database, release: 'test', ...more }));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
    database.close();
    rmSync(folder, { recursive: true });
  });
  const address = `http://127.0.0.1:${server.address().port}`;
  return { address, customer: (person) => new Customer(address, person) };
}

class Customer {
  constructor(address, person) {
    Object.assign(this, { address, person, cookies: new Map() });
  }

  get(path) {
    return this.#ask(path, {});
  }

  post(path, form) {
    return this.#ask(path, { method: 'POST', body: new URLSearchParams(form) });
  }

  async #ask(path, options) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { 'trunkline-person': this.person, ...(cookie && { cookie }) };
    const response = await fetch(new URL(path, this.address), { ...options, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=');
      this.cookies.set(name, value.join('='));
    }
    const text = await response.text();
    const location = response.headers.get('location');
    return location ? this.get(location) : { status: response.status, headers: response.headers, path, text };
  }
}
