import type { ObjectKind } from './object-kind.ts'

/** A member of an extension, by catalogue and id: nobody's own object. */
const memberOf = (catalogue: string, id: string): string =>
  `EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'
     AND d.classid = 'pg_catalog.${catalogue}'::pg_catalog.regclass AND d.objid = ${id})`

const rowsEstimate = `CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::int8 END`

const readable = `(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))`

/** Columns every list has: `id`, `schema`, `name`, `parent` (the table of a part of one) and `member`. */
export const listQueries: Readonly<Record<ObjectKind, string>> = {
  schema: `
    SELECT n.oid::int8 AS id, n.nspname AS schema, n.nspname AS name, NULL::text AS parent,
      ${memberOf('pg_namespace', 'n.oid')} AS member,
      pg_catalog.pg_get_userbyid(n.nspowner) AS owner,
      pg_catalog.obj_description(n.oid, 'pg_namespace') AS comment,
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c
        WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition) AS tables,
      pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable
    FROM pg_catalog.pg_namespace n`,
  table: `
    SELECT c.oid::int8 AS id, n.nspname AS schema, c.relname AS name,
      (SELECT p.relname FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
        WHERE i.inhrelid = c.oid AND c.relispartition LIMIT 1) AS parent,
      ${memberOf('pg_class', 'c.oid')} AS member,
      CASE c.relkind WHEN 'p' THEN 'partitioned' WHEN 'f' THEN 'foreign' ELSE 'ordinary' END AS form,
      pg_catalog.pg_get_userbyid(c.relowner) AS owner,
      pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
      CASE WHEN c.relkind = 'p'
        THEN (SELECT pg_catalog.sum(l.reltuples)::int8 FROM pg_catalog.pg_partition_tree(c.oid) t
          JOIN pg_catalog.pg_class l ON l.oid = t.relid WHERE t.isleaf AND l.reltuples >= 0)
        ELSE ${rowsEstimate} END AS "rowsEstimate",
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid) AS partitions,
      c.relrowsecurity AS "rowSecurity", c.relpersistence = 'u' AS unlogged, ${readable} AS readable
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f')`,
  view: `
    SELECT c.oid::int8 AS id, n.nspname AS schema, c.relname AS name, NULL::text AS parent,
      ${memberOf('pg_class', 'c.oid')} AS member,
      pg_catalog.pg_get_userbyid(c.relowner) AS owner,
      pg_catalog.obj_description(c.oid, 'pg_class') AS comment, ${readable} AS readable
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v'`,
  materialized_view: `
    SELECT c.oid::int8 AS id, n.nspname AS schema, c.relname AS name, NULL::text AS parent,
      ${memberOf('pg_class', 'c.oid')} AS member,
      pg_catalog.pg_get_userbyid(c.relowner) AS owner,
      pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
      c.relispopulated AS populated, ${rowsEstimate} AS "rowsEstimate", ${readable} AS readable
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'm'`,
  function: `
    SELECT p.oid::int8 AS id, n.nspname AS schema, p.proname AS name, NULL::text AS parent,
      ${memberOf('pg_proc', 'p.oid')} AS member,
      CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window' ELSE 'function' END AS form,
      pg_catalog.pg_get_function_identity_arguments(p.oid) AS arguments,
      pg_catalog.pg_get_function_result(p.oid) AS result,
      l.lanname AS language,
      CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility,
      p.prosecdef AS "securityDefiner",
      pg_catalog.pg_get_userbyid(p.proowner) AS owner,
      pg_catalog.obj_description(p.oid, 'pg_proc') AS comment
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang`,
  trigger: `
    SELECT t.oid::int8 AS id, n.nspname AS schema, t.tgname AS name, c.relname AS parent, false AS member,
      CASE t.tgenabled WHEN 'D' THEN false ELSE true END AS enabled,
      pg_catalog.pg_get_triggerdef(t.oid, true) AS definition,
      pg_catalog.obj_description(t.oid, 'pg_trigger') AS comment
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal`,
  sequence: `
    SELECT c.oid::int8 AS id, n.nspname AS schema, c.relname AS name,
      (SELECT o.relname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class o ON o.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
          AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i') LIMIT 1) AS parent,
      ${memberOf('pg_class', 'c.oid')} AS member,
      pg_catalog.format_type(s.seqtypid, NULL) AS "dataType", s.seqstart::text AS start, s.seqmin::text AS minimum,
      s.seqmax::text AS maximum, s.seqincrement::text AS increment, s.seqcycle AS cycles,
      CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT,USAGE')
        THEN pg_catalog.pg_sequence_last_value(c.oid)::text END AS "lastValue",
      pg_catalog.pg_get_userbyid(c.relowner) AS owner,
      pg_catalog.obj_description(c.oid, 'pg_class') AS comment
    FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`,
  type: `
    SELECT t.oid::int8 AS id, n.nspname AS schema, t.typname AS name, NULL::text AS parent,
      ${memberOf('pg_type', 't.oid')} AS member,
      CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' WHEN 'm' THEN 'multirange'
        WHEN 'c' THEN 'composite' ELSE 'base' END AS form,
      CASE WHEN t.typtype = 'e' THEN (SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder)
        FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) END AS "values",
      CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS "baseType",
      pg_catalog.pg_get_userbyid(t.typowner) AS owner,
      pg_catalog.obj_description(t.oid, 'pg_type') AS comment
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c'
      OR t.typtype = 'b' AND t.typelem = 0)`,
  index: `
    SELECT c.oid::int8 AS id, n.nspname AS schema, c.relname AS name, o.relname AS parent, false AS member,
      am.amname AS method, i.indisunique AS "unique", i.indisprimary AS "primary", i.indisvalid AS valid,
      pg_catalog.pg_get_indexdef(c.oid) AS definition,
      pg_catalog.pg_stat_get_numscans(c.oid) AS scans,
      pg_catalog.obj_description(c.oid, 'pg_class') AS comment
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_class o ON o.oid = i.indrelid
    JOIN pg_catalog.pg_am am ON am.oid = c.relam
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`,
  constraint: `
    SELECT k.oid::int8 AS id, n.nspname AS schema, k.conname AS name, c.relname AS parent, false AS member,
      CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'f' THEN 'foreign key' WHEN 'u' THEN 'unique' WHEN 'c' THEN 'check'
        WHEN 'x' THEN 'exclusion' WHEN 'n' THEN 'not null' ELSE 'trigger' END AS form,
      pg_catalog.pg_get_constraintdef(k.oid, true) AS definition, k.convalidated AS validated,
      pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`,
  extension: `
    SELECT e.oid::int8 AS id, n.nspname AS schema, e.extname AS name, NULL::text AS parent, false AS member,
      e.extversion AS version,
      (SELECT a.default_version FROM pg_catalog.pg_available_extensions() a WHERE a.name = e.extname) AS "newestVersion",
      pg_catalog.obj_description(e.oid, 'pg_extension') AS comment
    FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace`,
}
