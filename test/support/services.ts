import { randomBytes } from 'node:crypto'
import { authenticateAnyone } from '../../src/auth/anyone.ts'
import { openMedia } from '../../src/media/media.ts'
import { instantFromMilliseconds } from '../../src/model/instant.ts'
import { EVERYTHING } from '../../src/model/principal.ts'
import { Credentials } from '../../src/outbound/credentials.ts'
import { openOutbound } from '../../src/outbound/outbound.ts'
import { bridges, dialects } from '../../src/registry.ts'
import { createDestinationTester } from '../../src/relay/destination-tester.ts'
import { DefinitionCache } from '../../src/service/achievements/definition-cache.ts'
import { Feed } from '../../src/service/events/feed.ts'
import { SafePosition } from '../../src/service/events/safe-position.ts'
import { createProgressWriter } from '../../src/service/progress/writer/progress-writer.ts'
import type { Call, Services } from '../../src/service/services.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createTestDatabase } from './database.ts'

export interface TestServices extends Services, AsyncDisposable {
  readonly databaseUrl: string
}

/** The use cases on a database of their own. */
export async function createTestServices(settings: Partial<Services> = {}): Promise<TestServices> {
  const database = await createTestDatabase()
  const store = openStore({
    connectionString: database.url,
    poolSize: 10,
    onError: (error) => {
      throw error
    },
  })
  const services = { ...servicesOn(store), ...settings }
  store.onWritten(() => services.safePosition.poke())
  services.safePosition.start()
  return {
    ...services,
    databaseUrl: database.url,
    async [Symbol.asyncDispose]() {
      await services.safePosition.close()
      await store.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** The use cases on a store that is somebody else's. */
export function servicesOn(store: Store): Services {
  const horizon = new SafePosition(store)
  const now = () => instantFromMilliseconds(Date.now())
  const credentials = new Credentials({ environment: {}, directory: undefined })
  return {
    store,
    dialects,
    media: openMedia(),
    now,
    entropy: () => randomBytes(8).readBigUInt64BE(),
    progressWriter: createProgressWriter(true),
    definitions: new DefinitionCache(),
    safePosition: horizon,
    feed: new Feed(store, horizon),
    destinationTester: createDestinationTester({
      outbound: openOutbound({ allowPrivate: [] }),
      credentials,
      bridges,
      now,
    }),
    settings: { maxBackdateSeconds: 3600, maxDocumentBytes: 64 * 1024 * 1024 },
  }
}

/** What a wire is served with where nobody is refused. */
export const testWire = { log: createLog('silent'), authenticate: authenticateAnyone }

export function callOf(actor = 'tester'): Call {
  const principal = { kind: 'operator', name: actor, rights: EVERYTHING } as const
  return { signal: new AbortController().signal, principal, actor }
}
