import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the ranges from which systems number their outgoing connections: a port taken from those could be in
 * use by one of our own clients just when Postgres has to come back on it.
 */
const LOWEST = 15_000
const HIGHEST = 25_000

/** The wanted port of 127.0.0.1 when it is free, or another one that is. */
export async function freePort(wanted: number | undefined): Promise<number> {
  let port = wanted ?? randomInt(LOWEST, HIGHEST)
  while (!(await isFree(port))) port = randomInt(LOWEST, HIGHEST)
  return port
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
