import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until a program listens on a port of 127.0.0.1.
 * @throws the error of `failed`, which rejects if the program ends before
 */
export async function untilListening(port: number, failed: Promise<never>): Promise<void> {
  const over = new AbortController()
  failed.catch(() => over.abort())
  while (!over.signal.aborted) {
    if (await accepts(port)) return
    await sleep(20)
  }
  await failed
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
