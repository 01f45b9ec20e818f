import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from '../telemetry/log.ts'
import { type Cluster, findPostmaster, startPostmaster, stopPostmaster } from './cluster.ts'

const CHECK_EVERY = 1_000
const LONGEST_PAUSE = 5_000
const ADOPT_WITHIN = 60_000
const FIRST_START_WITHIN = 10_000

/**
 * Adopts the Postgres that an earlier Laurel left running, if it is there and well; returns its port. One that
 * is on its way down is waited for.
 */
export async function adoptPostmaster(cluster: Cluster): Promise<number | undefined> {
  const deadline = performance.now() + ADOPT_WITHIN
  for (;;) {
    const found = await findPostmaster(cluster)
    if (found === undefined || found.ready) return found?.port
    if (performance.now() > deadline) await stopPostmaster(cluster)
    await wait(50)
  }
}

/**
 * Starts Postgres. After a kill -9 its orphaned backends hold the shared memory for a moment more, which is
 * why a failure is tried again before it is believed.
 */
export async function startPatiently(cluster: Cluster, port: number, log: Logger): Promise<void> {
  const deadline = performance.now() + FIRST_START_WITHIN
  for (;;) {
    try {
      return await startPostmaster(cluster, port)
    } catch (error) {
      if (performance.now() > deadline) throw error
      log.warn({ err: error }, 'postgres did not start; trying again')
      await wait(500)
    }
  }
}

/** Starts Postgres again whenever it dies, on the same port, until stopped. */
export function supervise(cluster: Cluster, port: number, log: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const watching = watch(cluster, port, log, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await watching
      await stopPostmaster(cluster)
    },
  }
}

async function watch(cluster: Cluster, port: number, log: Logger, signal: AbortSignal): Promise<void> {
  let pause = CHECK_EVERY
  while (await sleep(pause, signal)) {
    try {
      if ((await findPostmaster(cluster)) === undefined) {
        log.error('postgres is gone; starting it again')
        await startPostmaster(cluster, port)
        log.info({ port }, 'postgres is back')
      }
      pause = CHECK_EVERY
    } catch (error) {
      pause = Math.min(pause * 2, LONGEST_PAUSE)
      log.error({ err: error, retryInMilliseconds: pause }, 'postgres did not start')
    }
  }
}

/** False when it is time to stop. */
async function sleep(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(milliseconds, undefined, { signal, ref: false })
    return true
  } catch {
    return false
  }
}
