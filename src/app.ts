import { randomBytes } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import manifest from '../package.json' with { type: 'json' }
import { authenticateAnyone } from './auth/anyone.ts'
import { readAuthFile } from './auth/auth-file.ts'
import { Authenticator, type SignIn } from './auth/authenticator.ts'
import { createLazyPulls, startBackground } from './background.ts'
import { checkConfig } from './check-config.ts'
import type { Config } from './config.ts'
import { startEmbeddedPostgres } from './embedded-postgres/index.ts'
import { openApiDocument } from './grpc/connect/openapi.ts'
import { connectPlugin } from './grpc/connect/plugin.ts'
import { recordJson } from './grpc/convert/parse-definition.ts'
import { createGrpcServer } from './grpc/server.ts'
import { openRpcs } from './grpc/services.ts'
import { images } from './http/images.ts'
import { createHttpServer } from './http/server.ts'
import { openMedia } from './media/media.ts'
import { ByteLimiter } from './model/byte-limiter.ts'
import { instantFromMilliseconds, TICKS_PER_SECOND } from './model/instant.ts'
import { NEVER_ABORTED } from './model/never-aborted.ts'
import { sleep } from './model/sleep.ts'
import { measureDatabase, observe, observeBatches } from './observe.ts'
import { Credentials } from './outbound/credentials.ts'
import { openOutbound } from './outbound/outbound.ts'
import { createPictureSource } from './outbound/picture-source.ts'
import { logFailures, Readiness } from './readiness.ts'
import { bridges, dialects, gateways } from './registry.ts'
import { createDestinationTester } from './relay/destination-tester.ts'
import { Relay, type RelayDependencies } from './relay/relay.ts'
import { DefinitionCache } from './service/achievements/definition-cache.ts'
import { auditRefusals } from './service/audit/refused-credentials.ts'
import type { Authenticate } from './service/call.ts'
import { CallLimiter } from './service/call-limiter.ts'
import { Feed } from './service/events/feed.ts'
import { SafePosition } from './service/events/safe-position.ts'
import { Spool } from './service/exchange/spool.ts'
import { ImportTotals } from './service/migration-jobs/import-totals.ts'
import { openOperations } from './service/operations.ts'
import { PLAN_MEMORY_BYTES } from './service/plans/plan-draft.ts'
import { playerOfAccount } from './service/players/accounts.ts'
import { ProgressPages } from './service/progress/progress-pages.ts'
import { ProgressWriter } from './service/progress/writer/progress-writer.ts'
import type { Services } from './service/services.ts'
import { titleNamed } from './service/titles/bound-titles.ts'
import { PlayerCounts } from './service/titles/player-counts.ts'
import { checkConnection } from './store/check-connection.ts'
import type { ConnectionMode } from './store/connection-mode.ts'
import { CommitNotifier } from './store/events/commit-notifier.ts'
import { migrate } from './store/migrate.ts'
import { openStore, type Store } from './store/store.ts'
import { createCallObserver } from './telemetry/calls.ts'
import type { Logger } from './telemetry/log.ts'
import { laurelMeter, startMetrics } from './telemetry/metrics.ts'
import { startTracing } from './telemetry/tracing.ts'
import { checkTls, Tls, type TlsFiles } from './tls.ts'
import { metricsOfWorkers } from './worker-metrics.ts'
import { startWorkers, workerNumber } from './workers.ts'

export interface App {
  /** The address of gRPC, with the assigned port. */
  readonly grpcAddress: string
  /** The address of HTTP, with the assigned port. */
  readonly httpAddress: string
  stop(): Promise<void>
}

const AUTH_POLL_MILLISECONDS = 2_000

/** Opens the database and serves, in this process or in workers. A failure stops the parts that were started before. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  checkConfig(config)
  await using started = new AsyncDisposableStack()
  // Configuration errors are reported before the database starts, which takes seconds.
  if (config.authFile !== undefined) readAuthFile(config.authFile, [...dialects.keys()])
  if (config.tls !== undefined) checkTls(config.tls)
  const connectionString = config.databaseUrl ?? (await startDatabase(config, log, started))
  if (config.databaseUrl !== undefined) await checkConnection(config.databaseUrl)
  await migrate(connectionString, (estimate) => log.info(estimate))
  const app =
    config.workers > 1
      ? await startWorkers(
          config.workers,
          { DATABASE_URL: connectionString, LAUREL_WORKERS: '1' },
          config.shutdownDelaySeconds,
          log,
        )
      : await serve(connectionString, config, log)
  started.defer(() => app.stop())
  const running = started.move()
  return { ...app, stop: () => running.disposeAsync() }
}

/** Creates all parts on a running database and serves. */
async function serve(connectionString: string, config: Config, log: Logger): Promise<App> {
  await using started = new AsyncDisposableStack()
  const worker = workerNumber()
  const metrics = startMetrics({ version: manifest.version, worker })
  const meter = laurelMeter()
  if (config.tracing !== undefined)
    started.defer(await startTracing(config.tracing, { version: manifest.version, worker }))
  const commitNotifier = new CommitNotifier(connectionString, () => safePosition.poke())
  const store = openStore({
    connectionString,
    poolSize: config.databasePool,
    onError: (error) => log.warn({ error: error.message }, 'an idle database connection failed'),
    onFailure: logFailures(log),
    onOperation: measureDatabase(meter),
    onMode: (mode) => {
      readiness.mode = mode
      logConnectionMode(mode, log)
      // LISTEN does not work on a shared backend. Without notifications the safe position is polled.
      if (mode.keepsSettings) commitNotifier.start()
    },
  })
  started.defer(() => store.close())
  const readiness = new Readiness(store)
  const safePosition = followSafePosition(store, commitNotifier, started)
  const outbound = openOutbound({
    allowPrivate: config.outboundPrivate,
    guardLoopback: config.authFile !== undefined,
  })
  started.defer(() => outbound.close())
  const credentials = new Credentials({
    environment: config.credentials,
    directory: config.credentialsDirectory,
  })
  const now = () => instantFromMilliseconds(Date.now())
  const definitions = new DefinitionCache()
  const settings = { timeBounds: config.timeBounds }
  const services: Services = {
    store,
    dialects,
    media: openMedia(),
    now,
    entropy: () => randomBytes(8).readBigUInt64BE(),
    settings,
    spool: new Spool(config.spool, ({ message }) =>
      log.warn({ error: message }, 'the folder of temporary documents is full: see LAUREL_SPOOL_DIR'),
    ),
    definitions,
    planMemory: new ByteLimiter(PLAN_MEMORY_BYTES),
    progressWriter: new ProgressWriter(
      {
        store,
        definitions,
        now,
        timeBounds: config.timeBounds,
        observeBatch: observeBatches(meter),
      },
      config.writeBatching,
    ),
    progressPages: new ProgressPages(store, definitions),
    playerCounts: new PlayerCounts(store),
    safePosition,
    feed: new Feed(store, safePosition),
    pictures: createPictureSource(outbound),
    importTotals: new ImportTotals(),
    lazyPulls: await createLazyPulls({ store, dialects, now, settings }, outbound, credentials, log),
    destinationTester: createDestinationTester({ outbound, credentials, bridges, now }),
    ...recordJson(manifest.version),
    onAuditFailure: (error) =>
      log.warn({ error: error.message }, 'an audit entry could not be written or completed'),
  }
  const operations = openOperations(services)
  const { authenticate, signIns } = openAuthentication(config, services, log, started)
  const wire = { log, authenticate, limiter: new CallLimiter(), onCall: createCallObserver(log, meter) }
  const tls = config.tls && openTls(config.tls, log, started)
  const grpc = createGrpcServer(operations, wire, tls)
  store.onBreaker((state) => {
    log.warn({ state }, 'the circuit breaker of the database changed')
    grpc.setServing(readiness.isReady)
  })
  store.onWriteState((state) => {
    log.warn({ state }, 'the database accepts writes, or accepts none any more')
    grpc.setServing(readiness.isReady)
  })
  const http = createHttpServer(
    [images, ...gateways.filter(({ dialect }) => config.gateways?.has(dialect) ?? true)],
    {
      ...wire,
      operations,
      checked: config.authFile !== undefined,
      strict: config.strictGateways,
      readiness,
      metrics: metrics && worker !== undefined ? metricsOfWorkers(metrics) : metrics,
    },
    tls,
    {
      allowedOrigins: config.allowedOrigins,
      allowedHosts: config.allowedHosts,
      plugins: [connectPlugin(openRpcs(operations), wire)],
      openApi: openApiDocument,
      console: config.console ? { signIns } : undefined,
    },
  )
  const relay = startRelay({ services, outbound, credentials, log }, config)
  observe(meter, services, relay)
  // Stopped concurrently, so that their graces do not add up. Closing the safe position ends watches.
  const parts = [
    () => safePosition.close(),
    () => grpc.stop(),
    () => http.stop(),
    () => relay.stop(),
    startBackground(services, config, log),
  ]
  started.defer(async () => {
    readiness.stop()
    grpc.setServing(false)
    // A load balancer sends calls until it has seen that the server is not ready.
    await sleep(config.shutdownDelaySeconds * 1000, NEVER_ABORTED)
    await Promise.all(parts.map((stop) => stop()))
  })
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

interface Authentication {
  readonly authenticate: Authenticate
  readonly signIns: () => readonly SignIn[]
}

/** Reloads the auth file when it changes: a removed key is rejected a few seconds later. */
function openAuthentication(
  { authFile }: Config,
  services: Services,
  log: Logger,
  started: AsyncDisposableStack,
): Authentication {
  if (authFile === undefined) return { authenticate: authenticateAnyone, signIns: () => [] }
  const authenticator = new Authenticator(readAuthFile(authFile, dialects.keys()), authFile, {
    playerOf: async (account, signal) => (await playerOfAccount(services, account, { signal })).playerId,
    titleOf: (dialect, namespace, signal) => titleNamed(services, { dialect, namespace }, { signal }),
  })
  watchFile(authFile, { interval: AUTH_POLL_MILLISECONDS, persistent: false }, () => {
    try {
      authenticator.replace(readAuthFile(authFile, dialects.keys()), authFile)
      log.info('the auth file was reloaded')
    } catch (error) {
      log.error(
        { error: (error as Error).message },
        'the auth file is invalid: the previous one stays in use',
      )
    }
  })
  started.defer(() => unwatchFile(authFile))
  const authenticate = auditRefusals(authenticator.authenticate, services)
  return { authenticate, signIns: () => authenticator.signIns }
}

function openTls(files: TlsFiles, log: Logger, started: AsyncDisposableStack): Tls {
  const tls = new Tls(files, (error) =>
    log.error({ error: error.message }, 'the certificate cannot be used: the last one serves on'),
  )
  started.defer(() => tls.close())
  tls.onChange(() => log.info('the certificate was reloaded'))
  return tls
}

/** Creates the relay, and starts it unless other processes deliver events. */
function startRelay(parts: Omit<RelayDependencies, 'bridges' | 'leaseTime'>, config: Config): Relay {
  const leaseTime = BigInt(config.relayLeaseSeconds) * TICKS_PER_SECOND
  const relay = new Relay({ ...parts, bridges, leaseTime })
  if (config.relay) relay.start()
  return relay
}

function logConnectionMode({ keepsSettings, keepsStatements }: ConnectionMode, log: Logger): void {
  log.info(
    { keepsSettings, keepsStatements },
    keepsSettings
      ? 'database connections keep their session'
      : 'database connections do not keep their session, as behind a pooler in transaction mode: settings are made in each transaction',
  )
}

/** Starts to poll the safe position; commits of this process and notifications of others poke it. */
function followSafePosition(
  store: Store,
  commitNotifier: CommitNotifier,
  started: AsyncDisposableStack,
): SafePosition {
  const safePosition = new SafePosition(store)
  store.onWritten(() => {
    safePosition.poke()
    commitNotifier.send()
  })
  started.defer(() => commitNotifier.close())
  safePosition.start()
  started.defer(() => safePosition.close())
  return safePosition
}
