import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the range of ephemeral ports: an outgoing connection of this machine could occupy one of those when Postgres has to
 * restart on it.
 */
const MIN_PORT = 15_000
const MAX_PORT = 25_000

/** Returns the preferred port of 127.0.0.1 if it is free, else another free one. */
export async function freePort(preferred: number | undefined): Promise<number> {
  let port = preferred ?? randomInt(MIN_PORT, MAX_PORT)
  while (!(await isFree(port))) port = randomInt(MIN_PORT, MAX_PORT)
  return port
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
