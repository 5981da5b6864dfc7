import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature } from '@openfeature/web-sdk';
import { flag, persons, report, token, url } from './story.mjs';

const provider = new OFREPWebProvider({ baseUrl: url, pollInterval: 0, headers: [['Authorization', `Bearer ${token}`]] });
await OpenFeature.setContext({ targetingKey: persons[0] });
await OpenFeature.setProviderAndWait(provider);
const client = OpenFeature.getClient();
const read = [];
for (const person of persons) {
  await OpenFeature.setContext({ targetingKey: person });
  const details = client.getBooleanDetails(flag, false);
  read.push({ person, value: details.value, variant: details.variant, reason: details.reason, error: details.errorCode });
}
report('@openfeature/ofrep-web-provider', { read });
process.exit(0);
