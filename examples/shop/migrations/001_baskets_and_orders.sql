create table basket_lines (
  person   text    not null,
  product  text    not null,
  quantity integer not null check (quantity > 0),
  primary key (person, product)
) without rowid;

create table orders (
  number      integer primary key autoincrement,
  person      text    not null,
  name        text    not null,
  address     text    not null,
  placed_at   text    not null,
  goods_cents integer not null
);

create table order_lines (
  order_number integer not null references orders (number),
  product      text    not null,
  quantity     integer not null,
  price_cents  integer not null,
  primary key (order_number, product)
) without rowid;
