// Starts the shop on PORT with its data in DATA_DIR, and ends without dropping a request.

import { createServer } from 'node:http';
import { createApp } from './src/app.js';
import { openDatabase } from './src/database.js';
import { connect } from './src/trunkline.js';

const port = Number(process.env.PORT ?? 3000);
const database = openDatabase(process.env.DATA_DIR ?? 'data');
const release = process.env.TRUNKLINE_RELEASE ?? 'local';
const trunkline = await connect(process.env, release);
const server = createServer(createApp({ database, release, trunkline }));

// Longer than any proxy keeps an idle connection, so that it is never we who close one that is about to be used.
server.keepAliveTimeout = 75_000;
server.listen(port, '127.0.0.1', () => console.log(`the shop is open at http://127.0.0.1:${server.address().port}`));

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    console.log(`${signal}: answering what is under way, then closing`);
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(async () => {
      clearInterval(idle);
      database.close();
      await trunkline.close();
    });
  });
}
