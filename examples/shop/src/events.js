// What somebody did, told by how their request was answered: so pages know nothing of events.

/** The event and its properties; nothing if the answer is none that is counted. */
export function eventOf(method, path, { status, headers }) {
  const product = /^\/products\/([\w-]+)$/.exec(path)?.[1];
  if (method === 'GET' && product && status === 200) return ['product viewed', { product }];
  if (method === 'POST' && path === '/basket' && status === 303) return ['added to basket', {}];
  if (method === 'GET' && path === '/checkout' && status === 200) return ['checkout started', {}];
  const order = method === 'POST' && path === '/checkout' && /^\/orders\/(\d+)$/.exec(headers.location ?? '')?.[1];
  if (order) return ['order placed', { order }];
  return undefined;
}
