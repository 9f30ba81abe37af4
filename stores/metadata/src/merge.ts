/** A table whose rows come from many databases and mean the same in each. */
export interface TravellingTable {
  readonly name: string
  /** Names a row everywhere: the primary key. */
  readonly key: readonly string[]
  /**
   * `fact`: never changes once it is written. `register`: of two rows with one key the one with the greater `stamp`
   * counts, whole; of equal stamps the one whose values, written as SQL in the order of the columns' names, sort last.
   */
  readonly rule: 'fact' | 'register'
  /** Columns that are worked out from others, and so stay behind; they are null or have a default. */
  readonly derived?: readonly string[]
}

/** What a merge did. */
export interface Merged {
  /** Rows that were new here or took the place of an older one, by table; tables without any are left out. */
  readonly rows: Readonly<Record<string, number>>
  /** Facts that say something else here than there under the same key. Ours stand. */
  readonly contradictions: number
}

/** How two databases differ, in rows. */
export interface Difference {
  /** Ours that are not there, or newer than theirs. */
  readonly ours: number
  /** Theirs that are not here, or newer than ours. */
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
