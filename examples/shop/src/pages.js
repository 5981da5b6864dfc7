// What customers see. Every page is a function of what it shows.

import { html } from './html.js';
import { euros } from './money.js';
import { picture } from './pictures.js';

function layout({ release, count = 0, person, clientToken }, title, content) {
  const watching = clientToken && html`
  <script defer src="/_trunkline/static/array.js"></script>
  <script defer src="/browser.js" data-token="${clientToken}" data-person="${person}"></script>`;
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Northpath</title>
  <link rel="stylesheet" href="/style.css">${watching}
</head>
<body>
  <header>
    <a class="brand" href="/">Northpath</a>
    <form action="/search" role="search">
      <input type="search" name="q" aria-label="Search products" placeholder="Search">
    </form>
    <a href="/basket">Basket${count > 0 && html` <span class="count">${count}</span>`}</a>
  </header>
  <main>
    <h1>${title}</h1>
    ${content}
  </main>
  <footer>Northpath outdoor · release ${release}</footer>
</body>
</html>
`;
}

export function list(view, products) {
  return layout(view, 'For the next days outside', cards(products));
}

export function found(view, text, products) {
  const content = products.length
    ? cards(products)
    : html`<p>Nothing has “${text}” in it. <a href="/">See all products</a></p>`;
  return layout(view, `Search: ${text}`, content);
}

function cards(products) {
  return html`<ul class="cards">${products.map(
    (product) => html`
      <li><a href="/products/${product.id}">
        ${picture(product.kind)}
        <span class="name">${product.name}</span>
        <span class="price">${euros(product.cents)}</span>
      </a></li>`,
  )}
    </ul>`;
}

export function product(view, { id, kind, name, cents, about }) {
  return layout(view, name, html`<div class="product">
      ${picture(kind)}
      <div>
        <p>${about}</p>
        <p class="price">${euros(cents)}</p>
        <form method="post" action="/basket">
          <input type="hidden" name="product" value="${id}">
          <button>Add to basket</button>
        </form>
      </div>
    </div>`);
}

export function basket(view, { lines, ...sums }) {
  if (!lines.length) return layout(view, 'Your basket', html`<p>It is empty. <a href="/">See all products</a></p>`);
  return layout(view, 'Your basket', html`<table>
      <tbody>${lines.map(
        ({ product: { id, name, cents }, quantity }) => html`
        <tr>
          <td><a href="/products/${id}">${name}</a></td>
          <td>${quantity} ×</td>
          <td class="sum">${euros(cents * quantity)}</td>
          <td><form method="post" action="/basket/remove">
            <input type="hidden" name="product" value="${id}">
            <button class="quiet" aria-label="Remove ${name}">Remove</button>
          </form></td>
        </tr>`,
      )}
      </tbody>
    </table>
    ${totals(sums)}
    <p><a class="button" href="/checkout">To checkout</a></p>`);
}

function totals({ goods, delivery, total }) {
  return html`<dl class="totals">
      <dt>Goods</dt><dd>${euros(goods)}</dd>
      <dt>Delivery</dt><dd class="delivery">${euros(delivery)}</dd>
      <dt>Total</dt><dd class="total">${euros(total)}</dd>
    </dl>`;
}

export function checkout(view, sums, tried) {
  const problem = tried && html`<p class="problem" role="alert">We need your name and your address.</p>`;
  return layout(view, 'Checkout', html`${problem}
    ${totals(sums)}
    <form class="stack" method="post" action="/checkout">
      <label>Name <input name="name" autocomplete="name" required value="${tried?.name}"></label>
      <label>Address <input name="address" autocomplete="street-address" required value="${tried?.address}"></label>
      <button>Place the order</button>
    </form>`);
}

export function order(view, { number, name, lines, goods_cents: goods, delivery, total }) {
  return layout(view, 'Thank you', html`<p>Order <strong class="number">${number}</strong> is on its way to ${name}.</p>
    <ul>${lines.map((line) => html`
      <li>${line.quantity} × ${line.name}, ${euros(line.cents)}</li>`)}
    </ul>
    ${totals({ goods, delivery, total })}
    <p><a href="/">Back to the shop</a></p>`);
}

export function message(view, title, text) {
  return layout(view, title, html`<p>${text}</p><p><a href="/">See all products</a></p>`);
}
