import { JSDOM } from 'jsdom';
import { deeds, fail, report, token, url } from './story.mjs';

// The page whose globals posthog-js finds; it must be there before the library is loaded.
const { window } = new JSDOM('<html><body></body></html>', { url: `${new URL(url).origin}/shop`, pretendToBeVisual: true });
for (const name of ['document', 'localStorage', 'sessionStorage', 'location', 'XMLHttpRequest', 'history', 'screen', 'navigator']) {
  Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
}
Object.assign(globalThis, { window, self: window });

const answered = [];
const { fetch } = globalThis;
globalThis.fetch = window.fetch = async (...request) => {
  const response = await fetch(...request);
  if (/\/e\/|\/batch\//.test(String(request[0]))) answered.push(response.status);
  return response;
};
const loaded = await import('posthog-js');
const posthog = loaded.posthog ?? loaded.default.posthog ?? loaded.default.default;
posthog.init(token, {
  api_host: url,
  autocapture: false,
  capture_pageview: false,
  capture_pageleave: false,
  disable_session_recording: true,
  advanced_disable_flags: true,
  opt_out_useragent_filter: true,
  request_batching: false,
});
for (const { event, distinct_id } of deeds) posthog.capture(event, { distinct_id, shop: 'one' });

const end = Date.now() + 20_000;
while (answered.filter((status) => status === 200).length < deeds.length) {
  if (Date.now() > end) fail(`only ${answered.length} of ${deeds.length} requests were answered: ${answered}`);
  await new Promise((resolve) => setTimeout(resolve, 50));
}
report('posthog-js', { sent: deeds });
process.exit(0);
