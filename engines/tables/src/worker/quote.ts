/** A name as SQL writes it. */
export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`

/** A string as SQL writes it. */
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
