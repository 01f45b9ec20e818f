import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for so many milliseconds. @throws the signal's reason if it is given up meanwhile */
export async function sleepUnlessAborted(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((error) => {
    throw signal.aborted ? signal.reason : error
  })
}
