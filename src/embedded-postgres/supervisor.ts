import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from '../telemetry/log.ts'
import { type Cluster, findPostmaster, startPostmaster, stopPostmaster } from './cluster.ts'
import { freePort } from './port.ts'

const CHECK_INTERVAL_MILLISECONDS = 1_000
const MAX_BACKOFF_MILLISECONDS = 5_000
const ADOPT_TIMEOUT_MILLISECONDS = 60_000
const START_TIMEOUT_MILLISECONDS = 10_000

/** Returns the port of the Postgres that an earlier process left running, or starts one. */
export async function startOrAdopt(
  cluster: Cluster,
  preferredPort: number | undefined,
  log: Logger,
): Promise<number> {
  const adopted = await adoptPostmaster(cluster)
  if (adopted !== undefined) {
    log.info({ port: adopted }, 'adopted the running postgres of an earlier process')
    return adopted
  }
  const port = await freePort(preferredPort)
  await startWithRetries(cluster, port, log)
  log.info({ port, folder: cluster.folder }, 'started postgres')
  return port
}

/** A Postgres that is starting or stopping is waited for. @returns its port; undefined if none runs */
async function adoptPostmaster(cluster: Cluster): Promise<number | undefined> {
  const deadline = performance.now() + ADOPT_TIMEOUT_MILLISECONDS
  for (;;) {
    const found = await findPostmaster(cluster)
    if (found === undefined || found.ready) return found?.port
    if (performance.now() > deadline) await stopPostmaster(cluster)
    await wait(50)
  }
}

/** After a kill -9, orphaned backends hold the shared memory for a moment, and Postgres fails to start until they end. */
export async function startWithRetries(cluster: Cluster, port: number, log: Logger): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MILLISECONDS
  for (;;) {
    try {
      return await startPostmaster(cluster, port)
    } catch (error) {
      if (performance.now() > deadline) throw error
      log.warn({ err: error }, 'postgres did not start; retrying')
      await wait(500)
    }
  }
}

/** Restarts Postgres on the same port whenever it dies. */
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
  let pause = CHECK_INTERVAL_MILLISECONDS
  while (await sleep(pause, signal)) {
    try {
      if ((await findPostmaster(cluster)) === undefined) {
        log.error('postgres died; restarting it')
        await startPostmaster(cluster, port)
        log.info({ port }, 'restarted postgres')
      }
      pause = CHECK_INTERVAL_MILLISECONDS
    } catch (error) {
      pause = Math.min(pause * 2, MAX_BACKOFF_MILLISECONDS)
      log.error({ err: error, retryInMilliseconds: pause }, 'postgres did not start')
    }
  }
}

/** @returns false if the signal was aborted */
async function sleep(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(milliseconds, undefined, { signal, ref: false })
    return true
  } catch {
    return false
  }
}
