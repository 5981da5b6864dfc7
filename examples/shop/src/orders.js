// Orders: a basket becomes one, whole or not at all.

import { findProduct } from './catalogue.js';
import { DELIVERY_CENTS } from './money.js';

export class Orders {
  constructor(database, baskets) {
    this.finding = database.prepare('select * from orders where number = ? and person = ?');
    this.findingLines = database.prepare('select * from order_lines where order_number = ? order by product');
    const order = database.prepare(
      'insert into orders (person, name, address, placed_at, goods_cents) values (?, ?, ?, ?, ?)',
    );
    const line = database.prepare(
      'insert into order_lines (order_number, product, quantity, price_cents) values (?, ?, ?, ?)',
    );
    this.placing = database.transaction((person, { name, address }, basket) => {
      const at = new Date().toISOString();
      const number = Number(order.run(person, name, address, at, basket.goods).lastInsertRowid);
      for (const { product, quantity } of basket.lines) line.run(number, product.id, quantity, product.cents);
      baskets.empty(person);
      return number;
    });
  }

  /** Returns the number of the order. */
  place(person, recipient, basket) {
    return this.placing.immediate(person, recipient, basket);
  }

  /** The order, if it is one of this person's. */
  find(number, person) {
    const order = this.finding.get(number, person);
    if (!order) return undefined;
    const lines = this.findingLines.all(number).map(({ product, quantity, price_cents }) => ({
      name: findProduct(product)?.name ?? product,
      quantity,
      cents: price_cents * quantity,
    }));
    return { ...order, lines, delivery: DELIVERY_CENTS, total: order.goods_cents + DELIVERY_CENTS };
  }
}
