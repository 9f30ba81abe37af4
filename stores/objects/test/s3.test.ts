import { describe } from 'vitest'
import { describeObjectStore } from './describe-object-store.ts'
import { openS3, skipReason, titled } from './open-s3.ts'

describe.skipIf(skipReason !== undefined)(titled('a real S3 server'), () => {
  describeObjectStore('S3', () => openS3())
})
