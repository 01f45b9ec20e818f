import type { Config } from './config.ts'
import { purgeExpired } from './purge.ts'
import { BackfillWorker } from './service/achievements/backfill-worker.ts'
import { UnlockCounter } from './service/achievements/unlock-counter.ts'
import type { Services } from './service/services.ts'
import type { Logger } from './telemetry/log.ts'

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
  ]
  for (const worker of workers) worker.start()
  const purging = setInterval(() => void purgeExpired(services, config, log), PURGE_INTERVAL_MILLISECONDS)
  return async () => {
    clearInterval(purging)
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}
