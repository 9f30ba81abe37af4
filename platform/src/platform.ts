import { Lifetime } from '@super-data/base/lifetime'
import type { OperationName } from '@super-data/contract'
import type { CallRequest, CallResult, Credentials, Handlers, Principal } from './call.ts'
import { Calls } from './calls.ts'
import { datasetHandlers } from './datasets/dataset-handlers.ts'
import type { Catalogue, EventStream, ObservedCall, PlatformDoor, Readiness } from './door.ts'
import { identityHandlers } from './identity/handlers.ts'
import { defaultProject, getProject } from './identity/projects.ts'
import { learningHandlers } from './learning/learning-handlers.ts'
import { libraryHandlers } from './library/library-handlers.ts'
import { importSeeds } from './library/seeds.ts'
import { inboxHandlers } from './notifications/inbox-handlers.ts'
import { webhookHandlers } from './notifications/webhook-handlers.ts'
import { openParts, type PlatformComponents, type PlatformParts } from './platform-parts.ts'
import type { PlatformSettings } from './platform-settings.ts'
import { queryHandlers } from './queries/query-handlers.ts'
import { checkReadiness } from './readiness.ts'
import { Sweep } from './sweep.ts'

/** The whole of what the product means, behind the one interface that doors use. */
export class Platform implements PlatformDoor, AsyncDisposable {
  readonly events: EventStream
  /** The owner's key, on the start that made it. */
  readonly ownerSecret: string | undefined
  readonly #parts: PlatformParts
  readonly #calls: Calls
  readonly #lifetime: Lifetime

  private constructor(parts: PlatformParts, calls: Calls, ownerSecret: string | undefined, lifetime: Lifetime) {
    this.events = parts.events
    this.ownerSecret = ownerSecret
    this.#parts = parts
    this.#calls = calls
    this.#lifetime = lifetime
  }

  /** Ready when it resolves. Owns everything below `settings.home` until it is closed. */
  static async open(settings: PlatformSettings, components: PlatformComponents): Promise<Platform> {
    const lifetime = new Lifetime()
    try {
      const parts = await openParts(settings, components, lifetime)
      const { secret } = await parts.identity.bootstrap()
      await importSeedFiles(parts, settings.datasetsFolder)
      await parts.datasets.of(defaultProject)
      const calls = lifetime.own(new Calls({ ...parts, handlers: handlersOf(parts), limits: settings.limits }))
      lifetime.own(Sweep.start(parts))
      return new Platform(parts, calls, secret, lifetime)
    } catch (failure) {
      await lifetime.close()
      throw failure
    }
  }

  call<Name extends OperationName>(name: Name, input: unknown, request: CallRequest): Promise<CallResult<Name>> {
    return this.#calls.call(name, input, request)
  }

  authenticate(credentials: Credentials): Promise<Principal> {
    return this.#parts.identity.authenticate(credentials)
  }

  async catalogue(principal: Principal, project: string): Promise<Catalogue> {
    const standing = await this.#parts.identity.requireProject(principal, 'read', project)
    return this.#parts.catalogue.of(standing)
  }

  onCall(listener: (observed: ObservedCall) => void): () => void {
    return this.#calls.onCall(listener)
  }

  readiness(): Promise<Readiness> {
    return checkReadiness(this.#parts)
  }

  /** Lets running calls end, then closes what it opened, newest first. */
  close(): Promise<void> {
    return this.#lifetime.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function handlersOf(parts: PlatformParts): Handlers {
  return {
    ...identityHandlers(parts.identity),
    ...datasetHandlers(parts),
    ...queryHandlers(parts),
    ...inboxHandlers(parts),
    ...webhookHandlers(parts),
    ...libraryHandlers(parts),
    ...learningHandlers(parts),
  }
}

/** What seed files bring counts as the system's. */
async function importSeedFiles(parts: PlatformParts, folder: string): Promise<void> {
  const { read } = parts.library
  const project = await getProject(read, defaultProject)
  const system = read.selectFrom('users').select('id').where('name', '=', 'system')
  const { id: userId } = await system.executeTakeFirstOrThrow()
  await importSeeds(parts, { folder, project, userId })
}
