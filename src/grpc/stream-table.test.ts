import { once } from 'node:events'
import { connect, createServer, type Http2Session, type Http2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replaceStreamTables, StreamTable } from './stream-table.ts'

test('behaves like a Map, for ids that share a slot too', () => {
  const ids = fc.nat(2).chain((turn) => fc.nat(1).map((slot) => 1 + 2 * slot + 512 * turn))
  const changes = fc.array(fc.record({ id: ids, isAdded: fc.boolean() }), { maxLength: 60, size: 'max' })
  fc.assert(
    fc.property(changes, (steps) => {
      const table = new StreamTable()
      const model = new Map<number, Http2Stream>()
      for (const [index, { id, isAdded }] of steps.entries()) {
        const stream = { index } as unknown as Http2Stream
        if (isAdded) {
          table.set(id, stream)
          model.set(id, stream)
        } else expect(table.delete(id)).toBe(model.delete(id))
        const visited = new Map<number, Http2Stream>()
        table.forEach((open, key) => void visited.set(key, open))
        expect([...visited].sort(byId)).toStrictEqual([...model].sort(byId))
        expect([table.size, table.get(id)]).toStrictEqual([model.size, model.get(id)])
      }
    }),
  )
})

function byId([a]: readonly [number, Http2Stream], [b]: readonly [number, Http2Stream]): number {
  return a - b
}

test('replaces the tables of this version of Node, and the session still closes its streams', async () => {
  const server = createServer()
  const replaced: boolean[] = []
  const reasons: number[] = []
  const sessions: Http2Session[] = []
  server.on('session', (session) => {
    sessions.push(session)
    replaced.push(replaceStreamTables(session))
  })
  server.on('stream', (stream) => {
    stream.on('close', () => reasons.push(stream.rstCode))
    stream.on('error', () => {})
    stream.respond({ ':status': 200 })
    stream.write('open')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  client.on('error', () => {})
  const streams = Array.from({ length: 300 }, () => client.request({ ':path': '/' }))
  await Promise.all(
    streams.map(async (stream) => {
      stream.on('error', () => {})
      await once(stream.resume(), 'data')
    }),
  )
  client.destroy()
  await expect.poll(() => reasons.length).toBe(300)
  expect(replaced).toStrictEqual([true])
  expect(sessions[0]?.destroyed).toBe(true)
  server.close()
})
