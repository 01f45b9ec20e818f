import { setTimeout as wait } from 'node:timers/promises'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A signal of the system (Ctrl-C, kill) ended the command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'

  constructor() {
    super('interrupted')
  }
}

/**
 * Runs work that the first signal aborts, so that it can clean up; a second one ends the process at once. Under npm one
 * Ctrl-C arrives twice, so signals within the first half second count as one.
 * @throws Interrupted if a signal aborted the work.
 */
export async function untilInterrupted<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const stopListening = () => {
    for (const name of SIGNALS) process.removeListener(name, interrupt)
  }
  const interrupt = () => {
    controller.abort()
    void wait(500, undefined, { ref: false }).then(stopListening)
  }
  for (const name of SIGNALS) process.on(name, interrupt)
  try {
    return await work(controller.signal)
  } catch (error) {
    throw controller.signal.aborted ? new Interrupted() : error
  } finally {
    stopListening()
  }
}
