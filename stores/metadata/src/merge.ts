/** A table whose rows come from many databases and mean the same in each. It has a column `stamp`. */
export interface TravellingTable {
  readonly table: string
  /** Names a row everywhere: the primary key. */
  readonly key: readonly string[]
  /**
   * `fact`: never changes once it is written; of two rows with one key the one with the smaller stamp stays.
   * `register`: the one with the greater stamp wins, whole. Where the stamps are equal, the same holds for the texts of
   * the rows: all values as SQL, in the order of the columns' names.
   */
  readonly rule: 'fact' | 'register'
  /** What travels. All others are worked out from these, and so have defaults. */
  readonly columns: readonly string[]
}

/** What a merge did. */
export interface Merged {
  /** Rows that were new here or took the place of another, by table; tables without any are left out. */
  readonly rows: Readonly<Record<string, number>>
  /** Facts that took the place of ours under the same key, as they were told earlier. */
  readonly contradictions: number
  /** The greatest stamp in the file; empty when it has no rows. */
  readonly stamp: string
  /**
   * The first column of the keys of all rows in the file, by table, the merged ones among them; undefined for a table
   * of which there are too many to list.
   */
  readonly keys: Readonly<Record<string, readonly string[] | undefined>>
}

/** How two databases differ, in rows. */
export interface Difference {
  /** Ours that are not there, or that win over theirs. */
  readonly ours: number
  /** Theirs that are not here, or that win over ours. */
  readonly theirs: number
}

/** Whether a file from elsewhere can be merged, and if not, why. */
export type Examined =
  /** Of the same schema now; `migrated` names what an older one lacked. */
  | { readonly state: 'sound'; readonly migrated: readonly string[] }
  /** Written by a newer version: `unknown` names the migrations this one does not have. */
  | { readonly state: 'newer'; readonly unknown: readonly string[] }
  /** A database of another program, or of another history. */
  | { readonly state: 'foreign' }
  | { readonly state: 'damaged'; readonly findings: readonly string[] }
