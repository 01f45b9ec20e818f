import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Route } from '../../../src/http/gateway.ts'
import { openAccelByteAuth } from '../testing/auth.ts'
import { definition } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'
import { accelByteCaller, failure, results } from '../testing/social.ts'
import { globalRoutes } from './global.ts'
import { statisticsRoutes } from './statistics.ts'

const TITLE = 'harbor-lights'
const [OWN, OTHER] = ['own-user', 'other-user']

let auth: Awaited<ReturnType<typeof openAccelByteAuth>>
let running: Awaited<ReturnType<typeof startAccelByte>>
let api: ReturnType<typeof accelByteCaller>
let player: Readonly<Record<string, string>>

beforeAll(async () => {
  auth = await openAccelByteAuth('key-of-an-operator-0123456789', TITLE)
  running = await startAccelByte(auth.env)
  api = accelByteCaller(running.url)
  player = await auth.player(OWN)
  const goal = { incremental: true, global: true, statCode: 'flags', goalValue: 5 }
  const asked = { body: definition('goal', goal), headers: auth.operator }
  await running.client.call('AdminCreateNewAchievement', asked)
  const setBy = { method: 'PATCH', path: '/social/v1/admin/namespaces/harbor-lights/stats/flags' }
  await api.ask(setBy.method, setBy.path, { setBy: 'CLIENT' }, auth.operator)
  const stat = { statCode: 'miles', name: 'Miles', defaultValue: 0, setBy: 'SERVER' }
  await api.ask('POST', '/social/v1/admin/namespaces/harbor-lights/stats', stat, auth.operator)
})
afterAll(async () => {
  await running[Symbol.asyncDispose]()
  auth[Symbol.dispose]()
})

/** A request of a route that could do what it is asked, of this user. */
function send({ method, path }: Route, userId: string, headers: Readonly<Record<string, string>>) {
  const params: Readonly<Record<string, string>> = {
    namespace: 'harbor-lights',
    userId,
    code: 'goal',
    statCode: 'flags',
  }
  const filled = path.replace(/:(\w+)/g, (_, name) => params[name] ?? '')
  const change = { statCode: 'flags', updateStrategy: 'INCREMENT', value: 1, inc: 1, userId }
  const isList = /(^|\/)bulk$/.test(path)
  const config = path.endsWith('/stats')
    ? { statCode: 'x', name: 'X', defaultValue: 0, setBy: 'CLIENT' }
    : change
  const body = method === 'GET' ? undefined : isList ? [change] : path.endsWith('getOrDefault') ? {} : config
  return api.ask(method, `${filled}?statCode=flags&userIds=${userId}`, body, { ...headers })
}

/** Refused as a whole, or in each of its items. */
function expectDenied({ status, text }: { readonly status: number; readonly text: string }): void {
  const body = JSON.parse(text)
  expect(text).not.toContain(`accelbyte:${OWN}`)
  expect(text).not.toContain(`accelbyte:${OTHER}`)
  if (status !== 200) {
    expect([status, failure.parse(body).errorCode]).toEqual([403, 20013])
    return
  }
  for (const { details } of results.parse(body)) expect(details).toMatchObject({ errorCode: 20013 })
}

const routes = [...globalRoutes, ...statisticsRoutes].map((route) => [route.name, route] as const)
const isPublic = ({ path }: Route) => path.includes('/public/')
const isOfUser = ({ path }: Route) => path.includes(':userId') || path.includes('/statitems/')

describe('a caller without a credential', () => {
  test.each(routes)('may not %s', async (_, route) => {
    const { status, text } = await send(route, OWN, {})
    expect([status, failure.parse(JSON.parse(text)).errorCode]).toEqual([401, 20001])
  })
})

describe('a player', () => {
  test.each(routes.filter(([, route]) => !isPublic(route)))('may not %s', async (_, route) => {
    expectDenied(await send(route, OWN, player))
  })

  test.each(routes.filter(([, route]) => isPublic(route) && isOfUser(route)))(
    'may not %s of another user',
    async (_, route) => {
      expectDenied(await send(route, OTHER, player))
    },
  )

  /** Operations that a client may not call. */
  const ADMINISTERS = ['createStat_1', 'deleteUserStatItems_1']

  test.each(routes.filter(([name, route]) => isPublic(route) && !ADMINISTERS.includes(name)))(
    'may %s of their own',
    async (_, route) => {
      const { status, text } = await send(route, OWN, player)
      expect([401, 403, 500]).not.toContain(status)
      expect(text).not.toContain('20013')
    },
  )

  test('is me, and writes no stat of servers by any way', async () => {
    const me = await api.ask(
      'GET',
      '/social/v1/public/namespaces/harbor-lights/users/me/statitems',
      undefined,
      {
        ...player,
      },
    )
    expect([me.status, JSON.parse(me.text)]).toMatchObject([
      200,
      { data: [{ userId: OWN, statCode: 'flags' }] },
    ])
    const path = `/social/v2/public/namespaces/harbor-lights/users/${OWN}/stats/miles/statitems/value`
    const refused = await api.ask('PUT', path, { updateStrategy: 'MAX', value: 9 }, { ...player })
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([400, { errorCode: 12221 }])
    const byServer = await api.ask(
      'PUT',
      path.replace('public', 'admin'),
      { updateStrategy: 'MAX', value: 9 },
      {
        ...auth.operator,
      },
    )
    expect([byServer.status, byServer.text]).toEqual([200, '{"currentValue":9}'])
  })
})
