// What all programs share: the environment, the persons, and how they report.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const needed = (name) => process.env[name] ?? fail(`set ${name}`);

export const url = needed('TRUNKLINE_URL').replace(/\/$/, '');
export const token = needed('TRUNKLINE_TOKEN');
export const flag = process.env.FLAG ?? 'new-checkout';
const prefix = process.env.PREFIX ?? 'person';
export const persons = Array.from({ length: Number(process.env.PERSONS ?? 10) }, (_, n) => `${prefix}-${n}`);

/** Every person looks at a product; every second one orders. */
export const deeds = persons.flatMap((person, n) => [
  { event: 'product viewed', distinct_id: person },
  ...(n % 2 ? [{ event: 'order placed', distinct_id: person }] : []),
]);

export function report(client, what) {
  process.stdout.write(JSON.stringify({ client, version: version(client), ...what }) + '\n');
}

export function fail(why) {
  process.stderr.write(`${why instanceof Error ? why.stack : why}\n`);
  process.exit(1);
}

/** Of the installed package, whatever it exports. */
function version(client) {
  let folder = dirname(createRequire(import.meta.url).resolve(client));
  for (; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (found.name === client) return found.version;
    } catch {
      // The package's folder is further up.
    }
  }
  return null;
}
