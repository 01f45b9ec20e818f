import { setTimeout as wait } from 'node:timers/promises'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Someone pressed Ctrl-C, or ended the process. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'

  constructor() {
    super('interrupted')
  }
}

/**
 * Runs work that the first signal of the system aborts, so that it can clean up; a later one ends the process at
 * once. Under npm one Ctrl-C comes twice: the first moment's signals are the same one.
 * @throws Interrupted when it was.
 */
export async function untilInterrupted<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const release = () => {
    for (const name of SIGNALS) process.removeListener(name, interrupt)
  }
  const interrupt = () => {
    controller.abort()
    void wait(500, undefined, { ref: false }).then(release)
  }
  for (const name of SIGNALS) process.on(name, interrupt)
  try {
    return await work(controller.signal)
  } catch (error) {
    throw controller.signal.aborted ? new Interrupted() : error
  } finally {
    release()
  }
}
