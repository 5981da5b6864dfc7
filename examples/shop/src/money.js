// Money is whole cents everywhere; only here it becomes text.

/** What it costs to bring an order to the customer. */
export const DELIVERY_CENTS = 490;

export function euros(cents) {
  return `${(cents / 100).toFixed(2)} €`;
}
