// What the shop sells, and how it is found.

const PRODUCTS = [
  { id: 'ridge-tent', kind: 'tent', name: 'Ridge tent', cents: 24900, about: 'For two, 1.9 kg, stands in five minutes.' },
  { id: 'tarp', kind: 'tent', name: 'Forest tarp', cents: 5900, about: 'Three by three metres, with eight loops and a bag.' },
  { id: 'down-bag', kind: 'bag', name: 'Down sleeping bag', cents: 18900, about: 'Warm to minus five, 820 g.' },
  { id: 'mat', kind: 'bag', name: 'Folding mat', cents: 2900, about: 'Closed foam: it cannot leak.' },
  { id: 'leather-boots', kind: 'boot', name: 'Leather boots', cents: 16900, about: 'Resoled by us for as long as you walk.' },
  { id: 'trail-shoes', kind: 'boot', name: 'Trail shoes', cents: 11900, about: 'Light, with a grip for wet rock.' },
  { id: 'rain-jacket', kind: 'jacket', name: 'Rain jacket', cents: 13900, about: 'Patented seams, packs into its own pocket.' },
  { id: 'wool-shirt', kind: 'jacket', name: 'Wool shirt', cents: 6900, about: 'Merino. Worn for a week, still good company.' },
  { id: 'stove', kind: 'stove', name: 'Spirit stove', cents: 3900, about: 'Nothing to break, burns for half an hour.' },
  { id: 'pot', kind: 'stove', name: 'Titanium pot', cents: 4500, about: '0.9 litres, with a lid that is a pan.' },
  { id: 'lake-map', kind: 'map', name: 'Map of the lakes', cents: 1290, about: '1:25,000, waterproof, with all huts.' },
  { id: 'tatra-map', kind: 'map', name: 'Wędrowiec map of the Tatras', cents: 1490, about: '1:30,000, both sides of the border.' },
];

const BY_ID = new Map(PRODUCTS.map((product) => [product.id, product]));

export function allProducts() {
  return PRODUCTS;
}

export function findProduct(id) {
  return BY_ID.get(id);
}

/** The products that have `text` anywhere in their name or description. */
export function search(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  return PRODUCTS.filter((product) => words(product).includes(wanted));
}

function words(product) {
  return `${product.name} ${product.about}`.toLowerCase();
}
