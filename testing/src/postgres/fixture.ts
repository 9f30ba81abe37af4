import type { Client } from 'pg'

/** Roles of every test server, and their passwords. */
export const logins = {
  cq_admin: 'admin',
  cq_reader: 'reader',
  cq_writer: 'writer',
  cq_monitor: 'monitor',
} as const

/** Roles belong to the server, not to a database. */
export async function createRoles(client: Client): Promise<void> {
  for (const [name, password] of Object.entries(logins))
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`)
  await client.query('GRANT pg_signal_backend, pg_monitor TO cq_admin')
  await client.query('GRANT pg_monitor TO cq_monitor')
}

/** What the attacks are tried on: ten accounts, and something of every kind that could hurt. */
export async function buildSmall(client: Client): Promise<void> {
  await client.query('CREATE EXTENSION dblink')
  await client.query('CREATE EXTENSION pg_stat_statements')
  await client.query('SET ROLE cq_admin')
  for (const statement of smallStatements) await client.query(statement)
  await client.query('RESET ROLE')
  await client.query('ANALYZE')
}

const smallStatements = [
  `CREATE TABLE acct (
     id integer PRIMARY KEY,
     owner text NOT NULL,
     bal numeric(12,2) NOT NULL CHECK (bal >= 0)
   )`,
  `INSERT INTO acct SELECT n, 'owner ' || n, n * 100 + 0.10 FROM generate_series(1, 10) n`,
  `CREATE TABLE entry (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     acct integer NOT NULL REFERENCES acct,
     amount numeric(12,2) NOT NULL,
     made timestamptz NOT NULL DEFAULT now()
   )`,
  `INSERT INTO entry (acct, amount, made)
     SELECT 1 + n % 10, n, '2026-01-01Z'::timestamptz + n * interval '1 hour' FROM generate_series(1, 50) n`,
  'CREATE SEQUENCE s',
  `CREATE FUNCTION sd_write() RETURNS integer LANGUAGE sql SECURITY DEFINER AS
     $$ INSERT INTO public.acct VALUES (1000 + (random() * 1e6)::int, 'sd', 1) RETURNING id $$`,
  `CREATE PROCEDURE pc() LANGUAGE plpgsql AS
     $$ BEGIN INSERT INTO public.acct VALUES (2000, 'pc', 1); COMMIT; END $$`,
  'CREATE VIEW evil AS SELECT pg_catalog.pg_advisory_lock(4711)::text AS locked',
  `CREATE VIEW rich AS SELECT id, owner FROM acct WHERE bal > 500`,
  `CREATE FUNCTION add_tax(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT $1 * 1.2 $$`,
  `CREATE FUNCTION swallow(seconds float8) RETURNS text LANGUAGE plpgsql AS
     $$ BEGIN
          LOOP
            BEGIN
              PERFORM pg_catalog.pg_sleep(seconds);
              RETURN 'slept';
            EXCEPTION WHEN query_canceled THEN
              NULL;
            END;
          END LOOP;
        END $$`,
  'GRANT SELECT ON ALL TABLES IN SCHEMA public TO cq_reader, cq_writer',
  'GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO cq_writer',
  'GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO cq_writer',
]

/** A million narrow rows, for everything that has to stop in time. */
export async function buildBig(client: Client): Promise<void> {
  await client.query('SET ROLE cq_admin')
  await client.query('CREATE TABLE big (id integer NOT NULL, grp integer NOT NULL, txt text NOT NULL)')
  await client.query(`INSERT INTO big SELECT n, n % 1000, 'row ' || n FROM generate_series(1, 1000000) n`)
  await client.query('ALTER TABLE big ADD PRIMARY KEY (id)')
  await client.query('GRANT SELECT ON big TO cq_reader, cq_writer')
  await client.query('GRANT INSERT, UPDATE, DELETE ON big TO cq_writer')
  await client.query('RESET ROLE')
  await client.query('VACUUM (ANALYZE) big')
}
