import { PlatformError } from '@super-data/base/errors'
import { nearest } from '@super-data/base/nearest'

/** There is no dataset of this name. */
export class DatasetMissing extends PlatformError {
  readonly code = 'DATASET_MISSING'
  readonly kind = 'missing'

  constructor(name: string, known: readonly string[]) {
    const near = nearest(name, known)
    super(`there is no dataset ${JSON.stringify(name.slice(0, 100))}`, {
      hint: near === undefined ? listHint(known) : `Did you mean ${near}?`,
      details: { dataset: name.slice(0, 100), ...(near === undefined ? {} : { nearest: near }) },
    })
  }
}

function listHint(known: readonly string[]): string {
  if (known.length === 0) return 'There is no data yet: put a JSON, CSV or Parquet file into the dataset folder.'
  return `There is ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}.`
}

/** A file is not what its name says, or may not be read; `message` says where and why. */
export class DatasetInvalid extends PlatformError {
  readonly code = 'DATASET_INVALID'
  readonly kind = 'invalid'
}

/** The object it comes from could not be read even once so far; `message` says why. */
export class DatasetUnread extends PlatformError {
  readonly code = 'DATASET_UNREAD'
  readonly kind = 'unavailable'
  constructor(name: string, message: string) {
    super(message, {
      hint: 'It answers as soon as its object has been read once; `datasets refresh` looks now.',
      details: { dataset: name },
    })
  }
}

/** The datasets were closed: the server is stopping. */
export class DatasetsClosed extends PlatformError {
  readonly code = 'DATASETS_CLOSED'
  readonly kind = 'unavailable'
  constructor() {
    super('the datasets are closed')
  }
}
