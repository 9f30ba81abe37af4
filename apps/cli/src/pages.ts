/** Every item of a list, page after page. */
export async function* pages<Item>(
  read: (cursor: { cursor?: string }) => Promise<{ items: readonly Item[]; cursor: string | null }>,
): AsyncGenerator<Item> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { items: readonly Item[]; cursor: string | null } = await read(cursor === undefined ? {} : { cursor })
    yield* page.items
    cursor = page.cursor
  }
}
