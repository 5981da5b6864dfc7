// The shop's SQLite database: one file, written by the old and the new version side by side during a deployment.

import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';

const MIGRATIONS = new URL('../migrations/', import.meta.url);
const BUSY_MS = 5000;

/** Opens `shop.db` in a folder, which is made if it is missing. */
export function openDatabase(folder) {
  mkdirSync(folder, { recursive: true });
  const database = new Database(join(folder, 'shop.db'));
  // Whoever orders here does not wait for the disk: orders outlive every end of the shop, not one of the machine's power.
  database.exec(`pragma busy_timeout = ${BUSY_MS}; pragma journal_mode = wal; pragma synchronous = off`);
  return database;
}

/** Applies the migrations that are still missing, each whole or not at all, and returns their names. */
export function migrate(database) {
  database.exec('create table if not exists migrations (name text primary key)');
  const done = new Set(database.prepare('select name from migrations').all().map((row) => row.name));
  const missing = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql') && !done.has(name)).sort();
  for (const name of missing) {
    database.transaction(() => {
      database.exec(readFileSync(new URL(name, MIGRATIONS), 'utf8'));
      database.prepare('insert into migrations (name) values (?)').run(name);
    })();
  }
  return missing;
}
