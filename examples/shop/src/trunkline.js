// What the shop asks Trunkline (which variant of a flag somebody gets) and tells it (what they did). Both by the field's own
// SDKs, which are loaded only if they are needed; without TRUNKLINE_URL every flag has its default and nobody is told
// anything.

const TIMEOUT_MS = 2000;
/** Events go out together, soon enough to be looked at within a second. */
const FLUSH_MS = 100;
const FLUSH_AT = 50;
/** So many wait for Trunkline's edge if it is away. */
const QUEUE_MAX = 20_000;

/** For tests, and for `npm start` on a developer's machine. */
export const nobody = {
  clientToken: undefined,
  flag: async (_key, fallback) => fallback,
  tell: () => {},
  close: async () => {},
};

export async function connect({ TRUNKLINE_URL: url, TRUNKLINE_TOKEN: token, TRUNKLINE_CLIENT_TOKEN: clientToken }, release) {
  if (!url || !token) return nobody;
  const { OpenFeature } = await import('@openfeature/server-sdk');
  const { OFREPProvider } = await import('@openfeature/ofrep-provider');
  const { PostHog } = await import('posthog-node');
  const headers = [['Authorization', `Bearer ${token}`]];
  OpenFeature.setProvider(new OFREPProvider({ baseUrl: url, headers, timeoutMs: TIMEOUT_MS }));
  const flags = OpenFeature.getClient();
  const posthog = new PostHog(token, {
    host: url,
    flushAt: FLUSH_AT,
    flushInterval: FLUSH_MS,
    maxQueueSize: QUEUE_MAX,
    requestTimeout: TIMEOUT_MS,
  });
  posthog.on('error', (error) => console.error('an event could not be sent yet:', error));
  return {
    clientToken,
    /** The flag's value for somebody; `fallback` if Trunkline does not answer. */
    flag: (key, fallback, person) => flags.getBooleanValue(key, fallback, { targetingKey: person }),
    tell: (person, event, properties) =>
      posthog.capture({ distinctId: person, event, properties: { ...properties, $release: release } }),
    /** Sends what is still here. */
    close: () => posthog.shutdown(),
  };
}
