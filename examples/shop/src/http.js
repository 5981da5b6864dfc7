// Between Node's requests and ours: who asks, what they sent, and how an answer is written.

import { randomUUID } from 'node:crypto';

const FORM_BYTES_MAX = 16 * 1024;
const PERSON_COOKIE = 'shop_person';

export class BadRequest extends Error {}

export function page(body, { status = 200, headers = {} } = {}) {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, body: String(body) };
}

export function redirect(location) {
  return { status: 303, headers: { location }, body: '' };
}

export function cookies(request) {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return Object.fromEntries(pairs.map(([name, ...value]) => [name, value.join('=')]));
}

/**
 * The person, as the edge in front of us knows them. Without one (`npm start` on a developer's machine) we give out an
 * id of our own.
 */
export function personOf(request) {
  const known = request.headers['trunkline-person'] ?? cookies(request)[PERSON_COOKIE];
  if (known) return { id: known, headers: {} };
  const id = randomUUID();
  return { id, headers: { 'set-cookie': `${PERSON_COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax` } };
}

/** The fields of a posted form. */
export async function formOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > FORM_BYTES_MAX) throw new BadRequest('the form is too long');
  }
  return Object.fromEntries(new URLSearchParams(text));
}

export function send(response, answer, more) {
  const headers = { ...more, ...answer.headers, 'content-length': Buffer.byteLength(answer.body) };
  response.writeHead(answer.status, headers).end(answer.body);
}
