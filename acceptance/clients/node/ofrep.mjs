import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature } from '@openfeature/server-sdk';
import { flag, persons, report, token, url } from './story.mjs';

await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers: [['Authorization', `Bearer ${token}`]] }));
const client = OpenFeature.getClient();
const read = [];
for (const person of persons) {
  const details = await client.getBooleanDetails(flag, false, { targetingKey: person });
  read.push({ person, value: details.value, variant: details.variant, reason: details.reason, error: details.errorCode });
}
report('@openfeature/ofrep-provider', { read });
process.exit(0);
