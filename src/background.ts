import type { Config } from './config.ts'
import type { Outbound } from './outbound/contract.ts'
import type { Credentials } from './outbound/credentials.ts'
import { createLazyFetcher } from './outbound/lazy-fetcher.ts'
import { purgeExpired } from './purge.ts'
import { BackfillWorker } from './service/achievements/backfill-worker.ts'
import { UnlockCounter } from './service/achievements/unlock-counter.ts'
import { LazyPuller } from './service/migration-jobs/lazy/lazy-puller.ts'
import type { Services } from './service/services.ts'
import type { Logger } from './telemetry/log.ts'

const LAZY_WARNING_MILLISECONDS = 10_000
const PURGE_INTERVAL_MILLISECONDS = 60 * 60 * 1000

/** Starts the work that no call waits for. Returns a function that stops it after the transactions in progress. */
export function startBackground(services: Services, config: Config, log: Logger): () => Promise<void> {
  const warn = (message: string) => (error: Error) => log.warn({ error: error.message }, message)
  const workers = [
    new BackfillWorker(
      services,
      warn('a changed definition could not be applied to players: it is tried again'),
    ),
    new UnlockCounter(services, warn('unlocks could not be counted: it is tried again')),
    services.lazyPulls,
  ]
  for (const worker of workers) worker.start()
  const purging = setInterval(() => void purgeExpired(services, config, log), PURGE_INTERVAL_MILLISECONDS)
  return async () => {
    clearInterval(purging)
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}

/** Creates the reader of lazy sources, which `startBackground` starts: it knows them before the first call. */
export async function createLazyPulls(
  parts: ConstructorParameters<typeof LazyPuller>[0],
  outbound: Outbound,
  credentials: Credentials,
  log: Logger,
): Promise<LazyPuller> {
  let lastTime = Number.NEGATIVE_INFINITY
  // A source that is down fails for each player.
  const onError = ({ message }: Error) => {
    if (performance.now() - lastTime < LAZY_WARNING_MILLISECONDS) return
    lastTime = performance.now()
    log.warn({ error: message }, 'a lazy source could not be read: it is tried again')
  }
  const pulls = new LazyPuller(parts, createLazyFetcher(outbound, credentials), onError)
  await pulls.refresh()
  return pulls
}
