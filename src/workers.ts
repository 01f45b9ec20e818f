import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from './telemetry/log.ts'
import { shareMetrics } from './worker-metrics.ts'

/** A worker that exits is restarted after this delay, so that a crash loop does not use up the CPU. */
const RESTART_MILLISECONDS = 500
/** A worker stops within 10 seconds after the shutdown delay; after this time it is killed. */
const STOP_MILLISECONDS = 15_000

/** The worker has written its own error to standard error. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError'
}

/** The addresses that a worker listens on, with the ports that it was assigned. */
export interface Addresses {
  readonly grpcAddress: string
  readonly httpAddress: string
}

/**
 * Runs `count` processes of this program on the same addresses, and restarts each that exits.
 * @throws WorkerError if one of them cannot start.
 */
export async function startWorkers(
  count: number,
  environment: Readonly<Record<string, string>>,
  shutdownDelaySeconds: number,
  log: Logger,
): Promise<Addresses & { stop(): Promise<void> }> {
  let stopping = false
  const stopMilliseconds = STOP_MILLISECONDS + shutdownDelaySeconds * 1000

  async function keepAlive(worker: Worker): Promise<void> {
    for (let current = worker; ; ) {
      const [code, signal] = await once(current, 'exit')
      if (stopping) return
      log.error({ code, signal, pid: current.process.pid }, 'a worker exited and is restarted')
      await sleep(RESTART_MILLISECONDS)
      if (stopping) return
      current = cluster.fork(environment)
    }
  }

  async function stop(): Promise<void> {
    stopping = true
    const running = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
    await Promise.all(
      running.map(async (worker) => {
        const exited = once(worker, 'exit')
        worker.process.kill('SIGTERM')
        const timer = setTimeout(() => worker.process.kill('SIGKILL'), stopMilliseconds)
        await exited
        clearTimeout(timer)
      }),
    )
  }

  shareMetrics()
  try {
    const workers = Array.from({ length: count }, () => cluster.fork(environment))
    const addresses = await Promise.all(workers.map(addressesOf))
    for (const worker of workers) void keepAlive(worker)
    const { grpcAddress, httpAddress } = addresses[0] as Addresses
    return { grpcAddress, httpAddress, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function addressesOf(worker: Worker): Promise<Addresses> {
  const exited = once(worker, 'exit').then(() => {
    throw new WorkerError('a worker could not serve: see its error above')
  })
  const [addresses] = await Promise.race([once(worker, 'message'), exited])
  return addresses as Addresses
}

/** Returns whether another process of this program started this one as a worker. */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** Returns the number of this worker, unique in its server; undefined in another process. */
export function workerNumber(): number | undefined {
  return cluster.worker?.id
}

/** Sends this worker's addresses to the parent process. The worker stops when the parent exits. */
export function reportServing({ grpcAddress, httpAddress }: Addresses): void {
  process.send?.({ grpcAddress, httpAddress })
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}
