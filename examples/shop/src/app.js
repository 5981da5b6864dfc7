// The shop as a request listener: which address is answered by what.

import { readFileSync } from 'node:fs';
import { Baskets } from './basket.js';
import { allProducts, findProduct, search } from './catalogue.js';
import { eventOf } from './events.js';
import { BadRequest, formOf, page, personOf, redirect, send } from './http.js';
import { Orders } from './orders.js';
import * as pages from './pages.js';
import { nobody } from './trunkline.js';

const STYLE = readFileSync(new URL('../public/style.css', import.meta.url), 'utf8');
const BROWSER = readFileSync(new URL('../public/browser.js', import.meta.url), 'utf8');

export function createApp({ database, release, trunkline = nobody }) {
  const baskets = new Baskets(database);
  const orders = new Orders(database, baskets);
  const { clientToken } = trunkline;
  const view = (person) => ({ release, person, clientToken, count: baskets.of(person).lines.length });

  const routes = [
    ['GET', /^\/up$/, () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: 'up\n' })],
    ['GET', /^\/style\.css$/, () => ({ status: 200, headers: { 'content-type': 'text/css' }, body: STYLE })],
    ['GET', /^\/browser\.js$/, () => ({ status: 200, headers: { 'content-type': 'text/javascript' }, body: BROWSER })],

    ['GET', /^\/$/, ({ person }) => page(pages.list(view(person), allProducts()))],

    ['GET', /^\/search$/, ({ person, url }) => {
      const text = url.searchParams.get('q') ?? '';
      return page(pages.found(view(person), text, search(text)));
    }],

    ['GET', /^\/products\/([\w-]+)$/, ({ person, match }) => {
      const product = findProduct(match[1]);
      return product && page(pages.product(view(person), product));
    }],

    ['GET', /^\/basket$/, ({ person }) => page(pages.basket(view(person), baskets.of(person)))],

    ['POST', /^\/basket$/, async ({ person, request }) => {
      const product = findProduct((await formOf(request)).product);
      if (!product) throw new BadRequest('there is no such product');
      baskets.add(person, product);
      return redirect('/basket');
    }],

    ['POST', /^\/basket\/remove$/, async ({ person, request }) => {
      baskets.remove(person, (await formOf(request)).product ?? '');
      return redirect('/basket');
    }],

    ['GET', /^\/checkout$/, ({ person }) => {
      const basket = baskets.of(person);
      return basket.lines.length ? page(pages.checkout(view(person), basket)) : redirect('/basket');
    }],

    ['POST', /^\/checkout$/, async ({ person, request }) => {
      const basket = baskets.of(person);
      if (!basket.lines.length) return redirect('/basket');
      const { name = '', address = '' } = await formOf(request);
      if (!name.trim() || !address.trim()) {
        return page(pages.checkout(view(person), basket, { name, address }), { status: 422 });
      }
      return redirect(`/orders/${orders.place(person, { name, address }, basket)}`);
    }],

    ['GET', /^\/orders\/(\d+)$/, ({ person, match }) => {
      const order = orders.find(Number(match[1]), person);
      return order && page(pages.order(view(person), order));
    }],
  ];

  async function answer(request, person) {
    const url = new URL(request.url, 'http://shop');
    for (const [method, pattern, handle] of routes) {
      const match = request.method === method && pattern.exec(url.pathname);
      if (match) return (await handle({ request, url, match, person })) ?? missing(person);
    }
    return missing(person);
  }

  function missing(person) {
    return page(pages.message(view(person), 'There is nothing here', 'Maybe the list of all products helps.'), { status: 404 });
  }

  function failure(error) {
    if (error instanceof BadRequest) return page(pages.message({ release }, 'That did not work', error.message), { status: 400 });
    console.error(error);
    return page(pages.message({ release }, 'Something went wrong', 'It is our fault. Please try again.'), { status: 500 });
  }

  return async (request, response) => {
    const headers = { 'x-shop-release': release };
    try {
      const person = personOf(request);
      const answered = await answer(request, person.id);
      const event = eventOf(request.method, new URL(request.url, 'http://shop').pathname, answered);
      if (event) trunkline.tell(person.id, ...event);
      send(response, answered, { ...headers, ...person.headers });
    } catch (error) {
      send(response, failure(error), headers);
    }
  };
}
