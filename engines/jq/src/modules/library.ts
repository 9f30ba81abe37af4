/** Where modules come from: whatever the caller hands in, never the disk. */
export interface ModuleLibrary {
  /**
   * The text of a module, by the very name the program imports it under, as in `lib/text@3`: definitions, or JSON values
   * where the program imports data. `undefined`: there is none.
   */
  resolve(path: string, kind: 'jq' | 'data'): string | undefined
}
