import { diag } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { deeds, fail, flag, persons, report, token, url } from './story.mjs';

const name = `@opentelemetry/exporter-logs-otlp-${process.env.OTLP === 'proto' ? 'proto' : 'http'}`;
const { OTLPLogExporter } = await import(name);
diag.setLogger({ error: fail, warn() {}, info() {}, debug() {}, verbose() {} });
const exporter = new OTLPLogExporter({ url: `${url}/v1/logs`, headers: { authorization: `Bearer ${token}` }, compression: 'gzip' });
const provider = new LoggerProvider({
  resource: resourceFromAttributes({ 'service.name': 'shop' }),
  processors: [new BatchLogRecordProcessor({ exporter })],
});
const logger = provider.getLogger('shop');
for (const { event, distinct_id } of deeds) logger.emit({ eventName: event, attributes: { 'user.id': distinct_id, shop: 'one' } });
const exposed = process.env.EXPOSE === '1' ? persons : [];
for (const person of exposed) {
  logger.emit({
    eventName: 'feature_flag.evaluation',
    attributes: { 'feature_flag.key': flag, 'feature_flag.result.variant': 'on', 'feature_flag.context.id': person },
  });
}
await provider.forceFlush();
await provider.shutdown();
report(name, { sent: deeds, exposed });
