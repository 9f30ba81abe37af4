/** A name with a quote, a space and capitals; one with umlauts; a dot; and the longest a name can be. */
export const weird = 'Weird "Name"'
export const longest = `${'ä'.repeat(31)}x`

/** A small shop that has one of everything PostgreSQL can hold. */
export const shop = {
  superuser: ['CREATE EXTENSION btree_gist', 'CREATE EXTENSION pg_stat_statements'],
  owner: [
    'CREATE SCHEMA sales',
    'CREATE SCHEMA pgboss',
    'CREATE TABLE pgboss.job (id int)',
    `CREATE TYPE sales.status AS ENUM ('new', 'paid', 'Größe')`,
    `CREATE DOMAIN sales.email AS text CHECK (VALUE LIKE '%@%')`,
    'CREATE TYPE sales.money_of AS (amount numeric(12,2), currency text)',
    `CREATE TABLE sales.customer (
       id bigint GENERATED ALWAYS AS IDENTITY,
       email sales.email NOT NULL,
       name text COLLATE "C" DEFAULT 'nobody',
       first text, last text,
       whole text GENERATED ALWAYS AS (first || ' ' || last) STORED,
       PRIMARY KEY (id) INCLUDE (name),
       UNIQUE (email),
       CONSTRAINT "has a name" CHECK (name <> '')
     )`,
    `COMMENT ON TABLE sales.customer IS 'People who buy things'`,
    `COMMENT ON COLUMN sales.customer.email IS 'where invoices go'`,
    `CREATE TABLE sales.orders (
       id serial PRIMARY KEY,
       customer bigint NOT NULL REFERENCES sales.customer ON DELETE CASCADE,
       status sales.status NOT NULL DEFAULT 'new',
       parent int REFERENCES sales.orders,
       made timestamptz NOT NULL DEFAULT now()
     )`,
    'CREATE INDEX orders_made ON sales.orders (made DESC, (id + 1)) INCLUDE (customer) WHERE parent IS NULL',
    'CREATE VIEW sales.open_orders AS SELECT id, customer FROM sales.orders WHERE status = $$new$$',
    'CREATE MATERIALIZED VIEW sales.totals AS SELECT customer, count(*) AS n FROM sales.orders GROUP BY customer',
    'CREATE TABLE sales.event (id int NOT NULL, at date NOT NULL, what text) PARTITION BY RANGE (at)',
    `CREATE TABLE sales.event_2025 PARTITION OF sales.event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')`,
    'CREATE TABLE sales.event_rest PARTITION OF sales.event DEFAULT',
    `CREATE TABLE sales.booking (room int, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&))`,
    'CREATE TABLE sales.secret (owner text, body text)',
    'ALTER TABLE sales.secret ENABLE ROW LEVEL SECURITY',
    'CREATE POLICY own ON sales.secret FOR SELECT TO cq_reader USING (owner = current_user)',
    `CREATE TABLE "Weird ""Name""" ("a.b c" int PRIMARY KEY, "größe" text)`,
    'CREATE TABLE größe (id int)',
    'CREATE TABLE "dotted.name" (id int)',
    `CREATE TABLE "${'ä'.repeat(31)}x" (id int)`,
    `CREATE FUNCTION sales.add_tax(amount numeric, rate numeric DEFAULT 0.2) RETURNS numeric
       LANGUAGE sql IMMUTABLE AS $$ SELECT amount * (1 + rate) $$`,
    'CREATE FUNCTION sales.add_tax(amount int) RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT amount $$',
    `CREATE FUNCTION sales.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$`,
    'CREATE TRIGGER touched BEFORE UPDATE ON sales.orders FOR EACH ROW EXECUTE FUNCTION sales.touch()',
    'CREATE SEQUENCE sales.ticket AS smallint CYCLE',
    `INSERT INTO sales.customer (email, name) SELECT 'c' || n || '@x', 'c' || n FROM generate_series(1, 100) n`,
    `INSERT INTO sales.event SELECT n, '2025-06-01', 'x' FROM generate_series(1, 50) n`,
    'GRANT USAGE ON SCHEMA sales TO cq_reader',
    'GRANT SELECT ON sales.customer, sales.orders TO cq_reader',
    'ANALYZE',
  ],
}
