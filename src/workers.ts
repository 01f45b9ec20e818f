import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from './app.ts'
import type { Logger } from './telemetry/log.ts'

/** A worker that died is started again this much later, so that one that cannot live does not keep the machine busy. */
const RESTART_MILLISECONDS = 500
/** A worker stops within its grace of ten seconds; one that hangs is killed. */
const STOP_MILLISECONDS = 15_000

/** A worker said why on standard error itself. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError'
}

/**
 * Runs so many processes of this program on the same addresses, and starts one again that dies.
 * @throws WorkerError when one cannot serve at the start.
 */
export async function startWorkers(
  count: number,
  environment: Readonly<Record<string, string>>,
  log: Logger,
): Promise<App> {
  let stopping = false

  async function keepAlive(worker: Worker): Promise<void> {
    for (let living = worker; ; ) {
      const [code, signal] = await once(living, 'exit')
      if (stopping) return
      log.error({ code, signal, pid: living.process.pid }, 'a worker ended, and is started again')
      await sleep(RESTART_MILLISECONDS)
      if (stopping) return
      living = cluster.fork(environment)
    }
  }

  async function stop(): Promise<void> {
    stopping = true
    const living = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
    await Promise.all(
      living.map(async (worker) => {
        const ended = once(worker, 'exit')
        worker.process.kill('SIGTERM')
        const timer = setTimeout(() => worker.process.kill('SIGKILL'), STOP_MILLISECONDS)
        await ended
        clearTimeout(timer)
      }),
    )
  }

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

type Addresses = Pick<App, 'grpcAddress' | 'httpAddress'>

async function addressesOf(worker: Worker): Promise<Addresses> {
  const ended = once(worker, 'exit').then(() => {
    throw new WorkerError('a worker could not serve')
  })
  const [addresses] = await Promise.race([once(worker, 'message'), ended])
  return addresses as Addresses
}

/** Whether this process was started by another one of this program, to share its addresses. */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** Tells the process that started this one that it serves; without that process there is nothing to serve for. */
export function reportServing({ grpcAddress, httpAddress }: App): void {
  process.send?.({ grpcAddress, httpAddress })
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}
