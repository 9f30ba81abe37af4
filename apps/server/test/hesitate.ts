import type { MemoryPlatform } from '@super-data/testing'

/** Lets nobody in until it is told to. */
export function hesitate(platform: MemoryPlatform): { asked: Promise<void>; tell(): void } {
  const asked = Promise.withResolvers<void>()
  const told = Promise.withResolvers<void>()
  const authenticate = platform.authenticate.bind(platform)
  platform.authenticate = async credentials => {
    asked.resolve()
    await told.promise
    return authenticate(credentials)
  }
  return { asked: asked.promise, tell: told.resolve }
}
