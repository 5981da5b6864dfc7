import { PostHog } from 'posthog-node';
import { deeds, fail, report, token, url } from './story.mjs';

const client = new PostHog(token, { host: url, flushAt: 20 });
client.on('error', fail);
for (const { event, distinct_id } of deeds) client.capture({ distinctId: distinct_id, event, properties: { shop: 'one' } });
await client.shutdown();
report('posthog-node', { sent: deeds });
