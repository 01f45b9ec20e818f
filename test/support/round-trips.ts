import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** Passes a database's connections on, and counts how often a client waits for a response before it sends more. */
export interface RoundTripCounter extends AsyncDisposable {
  readonly databaseUrl: string
  /** Returns what `run` takes, and what the client sends meanwhile. */
  count(run: () => Promise<unknown>): Promise<{ readonly trips: number; readonly sent: string }>
}

export async function startRoundTripCounter(databaseUrl: string): Promise<RoundTripCounter> {
  const target = new URL(databaseUrl)
  let trips = 0
  let sent = ''
  let isWaiting = false
  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname)
    client.on('data', (bytes) => {
      if (!isWaiting) trips += 1
      isWaiting = true
      sent += bytes.toString('latin1')
      database.write(bytes)
    })
    database.on('data', (bytes) => {
      isWaiting = false
      client.write(bytes)
    })
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const)
      from.on('error', () => {}).on('close', () => to.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    databaseUrl: url.href,
    count: async (run) => {
      trips = 0
      sent = ''
      isWaiting = false
      await run()
      return { trips, sent }
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}
