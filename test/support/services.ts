import { randomBytes } from 'node:crypto'
import { authenticateAnyone } from '../../src/auth/anyone.ts'
import { recordJson } from '../../src/grpc/convert/parse-definition.ts'
import { openMedia } from '../../src/media/media.ts'
import { ByteLimiter } from '../../src/model/byte-limiter.ts'
import { instantFromMilliseconds } from '../../src/model/instant.ts'
import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import { EVERYTHING } from '../../src/model/principal.ts'
import { Credentials } from '../../src/outbound/credentials.ts'
import { createLazyFetcher } from '../../src/outbound/lazy-fetcher.ts'
import { openOutbound } from '../../src/outbound/outbound.ts'
import { createPictureSource } from '../../src/outbound/picture-source.ts'
import { bridges, dialects } from '../../src/registry.ts'
import { createDestinationTester } from '../../src/relay/destination-tester.ts'
import { DefinitionCache } from '../../src/service/achievements/definition-cache.ts'
import type { Call } from '../../src/service/call.ts'
import { CallLimiter } from '../../src/service/call-limiter.ts'
import { Feed } from '../../src/service/events/feed.ts'
import { SafePosition } from '../../src/service/events/safe-position.ts'
import { Spool, type SpoolSettings } from '../../src/service/exchange/spool.ts'
import { ImportTotals } from '../../src/service/migration-jobs/import-totals.ts'
import { LazyPuller } from '../../src/service/migration-jobs/lazy/lazy-puller.ts'
import { PLAN_MEMORY_BYTES } from '../../src/service/plans/plan-draft.ts'
import { ProgressPages } from '../../src/service/progress/progress-pages.ts'
import { ProgressWriter } from '../../src/service/progress/writer/progress-writer.ts'
import type { Services } from '../../src/service/services.ts'
import { PlayerCounts } from '../../src/service/titles/player-counts.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createTestDatabase } from './database.ts'

export interface TestServices extends Services, AsyncDisposable {
  readonly databaseUrl: string
}

/** The services on a database of their own. */
export async function createTestServices(
  settings: Partial<Pick<Services, 'now' | 'entropy'>> = {},
): Promise<TestServices> {
  const database = await createTestDatabase()
  const store = openStore({
    connectionString: database.url,
    poolSize: 10,
    onError: (error) => {
      throw error
    },
  })
  const services = servicesOn(store, settings)
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

/** The services on a store that the caller opens and closes. */
export function servicesOn(
  store: Store,
  {
    now = () => instantFromMilliseconds(Date.now()),
    entropy = () => randomBytes(8).readBigUInt64BE(),
  }: Partial<Pick<Services, 'now' | 'entropy'>> = {},
): Services {
  const safePosition = new SafePosition(store)
  const credentials = new Credentials({ environment: {}, directory: undefined })
  const outbound = openOutbound({ allowPrivate: [] })
  const parts = {
    store,
    now,
    definitions: new DefinitionCache(),
    settings: {
      timeBounds: { maxBackdateSeconds: 3600, maxClockSkewSeconds: 60 },
    },
  }
  return {
    ...parts,
    dialects,
    spool: spoolOf(),
    media: openMedia(),
    planMemory: new ByteLimiter(PLAN_MEMORY_BYTES),
    entropy,
    progressWriter: progressWriterOf(parts),
    playerCounts: new PlayerCounts(store),
    progressPages: new ProgressPages(store, parts.definitions),
    safePosition,
    feed: new Feed(store, safePosition),
    pictures: createPictureSource(outbound),
    importTotals: new ImportTotals(),
    lazyPulls: new LazyPuller({ ...parts, dialects }, createLazyFetcher(outbound, credentials), () => {}),
    destinationTester: createDestinationTester({ outbound, credentials, bridges, now }),
    ...recordJson('0.0.0'),
    onAuditFailure: (error) => {
      throw error
    },
  }
}

/** A spool with small limits. */
export function spoolOf(settings: Partial<SpoolSettings> = {}): Spool {
  const MEBIBYTE = 2 ** 20
  return new Spool({
    folder: undefined,
    maxDocumentBytes: 64 * MEBIBYTE,
    maxMemoryBytes: 16 * MEBIBYTE,
    maxTotalBytes: 128 * MEBIBYTE,
    maxCallerBytes: 128 * MEBIBYTE,
    ...settings,
  })
}

/** A writer with a cache of its own, as another process has it. */
export function progressWriterOf({
  store,
  definitions,
  now,
  settings: { timeBounds },
}: Pick<Services, 'store' | 'definitions' | 'now' | 'settings'>): ProgressWriter {
  return new ProgressWriter({ store, definitions, now, timeBounds }, true)
}

/** The part of a wire that authenticates and logs, for a server that permits every call. */
export const testWire = {
  log: createLog('silent'),
  onCall: () => {},
  authenticate: authenticateAnyone,
  limiter: new CallLimiter(),
}

export const READY = { isReady: true, details: {} }

export function callOf(actor = 'tester'): Call {
  return {
    signal: NEVER_ABORTED,
    principal: { kind: 'operator', name: actor, permissions: EVERYTHING },
    actor,
    operation: 'test',
  }
}
