// The basket of a person, from the first product to the order.

import { findProduct } from './catalogue.js';
import { DELIVERY_CENTS } from './money.js';

const QUANTITY_MAX = 9;

export class Baskets {
  constructor(database) {
    this.lines = database.prepare('select product, quantity from basket_lines where person = ? order by product');
    this.adding = database.prepare(
      `insert into basket_lines (person, product, quantity) values (?, ?, 1)
       on conflict (person, product) do update set quantity = min(quantity + 1, ${QUANTITY_MAX})`,
    );
    this.removing = database.prepare('delete from basket_lines where person = ? and product = ?');
    this.emptying = database.prepare('delete from basket_lines where person = ?');
  }

  of(person) {
    const lines = this.lines
      .all(person)
      .map(({ product, quantity }) => ({ product: findProduct(product), quantity }))
      .filter((line) => line.product); // it may have left the catalogue meanwhile
    return { lines, ...totals(lines) };
  }

  add(person, product) {
    this.adding.run(person, product.id);
  }

  remove(person, productId) {
    this.removing.run(person, productId);
  }

  empty(person) {
    this.emptying.run(person);
  }
}

function totals(lines) {
  const goods = lines.reduce((sum, { product, quantity }) => sum + product.cents * quantity, 0);
  return { goods, delivery: DELIVERY_CENTS, total: goods + DELIVERY_CENTS };
}
