import { randomBytes } from 'node:crypto'
import { authenticateAnyone } from './auth/anyone.ts'
import type { Config } from './config.ts'
import { startEmbeddedPostgres } from './embedded-postgres/index.ts'
import { createGrpcServer } from './grpc/server.ts'
import { createHttpServer } from './http/server.ts'
import { instantFromMilliseconds, TICKS_PER_SECOND } from './model/instant.ts'
import { dialects, gateways } from './registry.ts'
import { openOperations } from './service/operations.ts'
import type { Services } from './service/services.ts'
import { migrate } from './store/migrate.ts'
import { reachDatabase } from './store/reach.ts'
import { openStore, type Store } from './store/store.ts'
import type { Logger } from './telemetry/log.ts'

export interface App {
  /** Where gRPC is served, with the port that was taken. */
  readonly grpcAddress: string
  /** Where the gateways are served, likewise. */
  readonly httpAddress: string
  stop(): Promise<void>
}

const CLEANING_INTERVAL_MILLISECONDS = 60 * 60 * 1000

/** Wires everything together and serves. What was started before a failure is stopped again. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  await using started = new AsyncDisposableStack()
  const connectionString = config.databaseUrl ?? (await startDatabase(config, log, started))
  if (config.databaseUrl !== undefined) await reachDatabase(config.databaseUrl)
  await migrate(connectionString)
  const store = openStore({
    connectionString,
    poolSize: config.databasePool,
    onError: (error) => log.warn({ error: error.message }, 'a database connection broke while idle'),
  })
  started.defer(() => store.close())
  const services: Services = {
    store,
    dialects,
    now: () => instantFromMilliseconds(Date.now()),
    entropy: () => randomBytes(8).readBigUInt64BE(),
    settings: { maxBackdateSeconds: config.maxBackdateSeconds, maxDocumentBytes: config.maxDocumentBytes },
  }
  const cleaning = setInterval(
    () => void forgetOldAnswers(store, config, log),
    CLEANING_INTERVAL_MILLISECONDS,
  )
  started.defer(() => clearInterval(cleaning))
  const operations = openOperations(services)
  const wire = { log, authenticate: authenticateAnyone }
  const grpc = createGrpcServer(operations, wire)
  started.defer(() => grpc.stop())
  const http = createHttpServer(gateways, { ...wire, operations, strict: config.strictGateways })
  started.defer(() => http.stop())
  const grpcAddress = await grpc.listen(config.grpcAddress)
  const httpAddress = await http.listen(config.httpAddress)
  const running = started.move()
  return { grpcAddress, httpAddress, stop: () => running.disposeAsync() }
}

async function startDatabase(config: Config, log: Logger, started: AsyncDisposableStack): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDirectory: config.dataDirectory, log })
  started.defer(() => postgres.stop())
  return postgres.connectionString
}

/** Answers to request ids are kept for their time and no longer. */
async function forgetOldAnswers(store: Store, config: Config, log: Logger): Promise<void> {
  const age = BigInt(config.requestIdTtlHours * 60 * 60) * TICKS_PER_SECOND
  const before = instantFromMilliseconds(Date.now()) - age
  const { signal } = new AbortController()
  await store
    .write(signal, (queries) => queries.forgetAnswersBefore(before))
    .catch((error: Error) => log.warn({ error: error.message }, 'old answers could not be forgotten'))
}
