import { expect, it } from 'vitest'
import { operations } from '../src/operations.ts'

/** `datasets.yml` makes the server read buckets with the operator's key: no operation may write it. */
it.each(['datasets.yml', 'datasets', '../datasets', 'a/b', '.hidden'])(
  'the operation that writes into the dataset folder takes names, and no files: %s',
  name => {
    const { dataset } = operations['postgres.export'].input.shape
    expect(dataset.safeParse(name).success).toBe(name === 'datasets')
  },
)
