import { request as ask, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TITLE_ID } from '../support/fixture.ts'
import { type OpenAndClosed, startOpenAndClosed } from '../support/open-and-closed.ts'
import type { RunningServer } from '../support/server.ts'

/* Web pages of other people, as far as their browsers can tell a server of this machine what they ask for. */

const ORIGIN = 'https://overlay.example'

let servers: OpenAndClosed
let open: RunningServer
let closed: RunningServer

beforeAll(async () => {
  servers = await startOpenAndClosed({
    LAUREL_ALLOWED_ORIGINS: ORIGIN,
    LAUREL_ALLOWED_HOSTS: 'laurel.internal',
  })
  ;({ open, closed } = servers)
})
afterAll(() => servers[Symbol.asyncDispose]())

/** `fetch` lets nobody choose a host. Of an answer that is a stream only the beginning is read. */
async function answerOf(server: RunningServer, path: string, headers: object, method = 'GET') {
  const asked = ask(server.url + path, { method, headers: { ...headers } })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve).once('error', reject)
  })
  asked.end()
  const answer = await answered
  const isStream = answer.headers['content-type'] === 'text/event-stream'
  const body = isStream ? '' : await text(answer)
  asked.destroy()
  return { status: answer.statusCode, body: body.startsWith('{') ? JSON.parse(body) : body }
}

const EVENTS = `/events?title_id=${TITLE_ID}`
const ACCELBYTE = '/accelbyte/achievement/v1/admin/namespaces/none/achievements'
const PATHS = [EVENTS, '/metrics', '/healthz', '/readyz', '/nowhere', ACCELBYTE]
const STRANGE = [
  'attacker.example',
  'attacker.example:8080',
  '127.0.0.1.attacker.example',
  'localhost.evil',
  'evilxboxlive.com',
]

describe('where nobody is authenticated', () => {
  test.each(STRANGE)('nothing is served under the name %j', async (host) => {
    for (const path of PATHS) {
      const { status, body } = await answerOf(open, path, { host })
      expect([path, status]).toEqual([path, 403])
      expect(JSON.stringify(body)).toContain('LAUREL_ALLOWED_HOSTS')
    }
  })

  test('each gateway says so in its own form, and the host in its', async () => {
    const said = async (path: string) => (await answerOf(open, path, { host: 'attacker.example' })).body
    const problem = expect.stringMatching(
      /^the host "attacker.example" is neither localhost nor an address: /,
    )
    expect(await said(EVENTS)).toEqual({ error: problem, reason: 'PAGE_REFUSED', host: 'attacker.example' })
    expect(await said(ACCELBYTE)).toEqual({ errorCode: 20013, errorMessage: problem })
    const discord = '/discord/api/v10/applications/461618159171141643/achievements'
    expect(await said(discord)).toEqual({ message: problem, code: 0 })
    const xbox = '/xbox/users/xuid(1)/achievements'
    expect(await said(xbox)).toMatchObject({ code: 4500, source: 'Progress', description: problem })
  })

  const own = [
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1:8080',
    '[::1]:8080',
    '192.168.1.2',
    'laurel.internal:80',
    'game.localhost:8080',
    'achievements.xboxlive.com',
    'discord.com',
    'studio.prod.gamingservices.accelbyte.io:443',
  ]
  test.each(own)('all is served under %s', async (host) => {
    expect((await answerOf(open, EVENTS, { host })).status).toBe(200)
    expect((await answerOf(open, '/metrics', { host })).status).toBe(200)
    expect((await answerOf(open, '/nowhere', { host })).status).toBe(404)
  })

  test('pages of other machines change nothing, whatever they read', async () => {
    const unlock = (origin: string) => answerOf(open, ACCELBYTE, { origin }, 'POST')
    for (const origin of ['https://attacker.example', 'null', 'http://6.6.6.6', 'http://localhost.evil']) {
      const { status, body } = await unlock(origin)
      expect([origin, status]).toEqual([origin, 403])
      expect(body.errorMessage).toContain('LAUREL_ALLOWED_ORIGINS')
      expect((await answerOf(open, EVENTS, { origin })).status).toBe(200)
    }
    for (const origin of [ORIGIN, 'http://localhost:5173', 'http://[::1]:1', 'https://laurel.internal']) {
      expect((await unlock(origin)).status).not.toBe(403)
    }
  })
})

test('where everybody is authenticated the name says nothing', async () => {
  const headers = { host: 'laurel.example', origin: 'https://attacker.example' }
  expect((await answerOf(closed, '/healthz', headers)).status).toBe(200)
  expect((await answerOf(closed, EVENTS, headers)).status).toBe(401)
  expect((await answerOf(closed, ACCELBYTE, headers, 'POST')).status).toBe(401)
})
