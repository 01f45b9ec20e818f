import { once } from 'node:events'
import { connect } from 'node:net'
import pg from 'pg'
import type { HttpSettings } from '../../src/http/server.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { type Operations, openOperations } from '../../src/service/operations.ts'
import type { Services } from '../../src/service/services.ts'
import { callOf, READY, testWire } from './services.ts'

export const EVENTS_TITLE = 'harbor-lights'

/** The state of one watch inside the server. */
export interface Observed {
  /** How many pages the route has read. */
  pages: number
  readonly ended: Promise<void>
  /** Resolves when the client's connection is closed. */
  readonly closed: Promise<unknown>
}

/** Starts the HTTP server in this process, with the real use cases, and observes its watches. */
export async function startEventHost(services: Services, settings: Partial<HttpSettings> = {}) {
  const operations = openOperations(services)
  const watches: Observed[] = []
  const host = { ...testWire, operations: observing(operations, watches), strict: new Set<string>() }
  const probes = { checked: false, readiness: READY, metrics: undefined }
  const server = createHttpServer([], { ...host, ...probes }, undefined, settings)
  const address = await server.listen('127.0.0.1:0')
  const title = { id: EVENTS_TITLE, displayName: 'Harbor Lights', defaultLocale: 'en' }
  const created = { ...title, bindings: {}, extensions: {} }
  await operations.createTitle({ title: created, requestId: undefined }, callOf())
  return { server, address, url: `http://${address}`, watches }
}

function observing(operations: Operations, watches: Observed[]): Operations {
  return {
    ...operations,
    async *watchProgress(request, call) {
      const { promise: ended, resolve } = Promise.withResolvers<void>()
      const observed = { pages: 0, ended, closed: once(call.signal, 'abort') }
      watches.push(observed)
      try {
        for await (const page of operations.watchProgress(request, call)) {
          observed.pages += 1
          yield page
        }
      } finally {
        resolve()
      }
    },
  }
}

/** Inserts `count` events, each with the text `reason`. */
export async function writeEvents(databaseUrl: string, count: number, reason = ''): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(
    `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
     select 'ann', $1, 'lamp', 'progressed', 0, 'in_progress', 1, '', $2, '' from generate_series(1, $3)`,
    [EVENTS_TITLE, reason, count],
  )
  await client.end()
}

/** A client on a bare socket that sends a request and reads nothing until `readAll`. */
export class LazyReader {
  readonly #socket

  constructor(address: string, query: string) {
    const [host, port] = address.split(':')
    this.#socket = connect(Number(port), host)
    this.#socket.pause()
    this.#socket.on('error', () => {})
    const parameters = `title_id=${EVENTS_TITLE}&${query}`
    this.#socket.write(`GET /events?${parameters} HTTP/1.0\r\nhost: localhost\r\n\r\n`)
  }

  /** Reads the response to its end. */
  async readAll(): Promise<string> {
    const chunks: Buffer[] = []
    this.#socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume()
    await new Promise((resolve) => this.#socket.once('close', resolve))
    return Buffer.concat(chunks).toString()
  }

  leave(): void {
    this.#socket.destroy()
  }
}
