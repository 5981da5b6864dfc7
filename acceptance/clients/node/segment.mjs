import { Analytics } from '@segment/analytics-node';
import { deeds, fail, report, token, url } from './story.mjs';

const client = new Analytics({ writeKey: token, host: url, path: '/v1/batch', flushAt: 20 });
client.on('error', (error) => fail(error.reason ?? error));
for (const { event, distinct_id } of deeds) client.track({ userId: distinct_id, event, properties: { shop: 'one' } });
await client.closeAndFlush();
report('@segment/analytics-node', { sent: deeds });
