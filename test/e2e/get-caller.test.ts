import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { postJson } from '../support/post-json.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const TITLE = 'a'

let auth: Awaited<ReturnType<typeof createAuth>>
let database: TestDatabase
let server: RunningServer
beforeAll(async () => {
  auth = await createAuth([TITLE])
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: auth.env })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** Returns the kind and the name of a caller, and its permissions as `TITLE create,read`; resources without any are left out. */
async function callerOf(token: string, request: object) {
  const { status, body } = await postJson(`${server.url}/laurel.v1.CallerService/GetCaller`, request, {
    authorization: `Bearer ${token}`,
  })
  expect(status).toBe(200)
  const permissions = (body.permissions as Record<string, unknown>[]).flatMap(({ resource, ...actions }) =>
    Object.keys(actions).length === 0
      ? []
      : `${String(resource).replace('RESOURCE_', '')} ${Object.keys(actions)}`,
  )
  return { caller: body.caller, permissions }
}

describe('GetCaller', () => {
  test('returns every permission of an operator', async () => {
    const { caller, permissions } = await callerOf(auth.operator, {})
    expect(caller).toEqual({ kind: 'CALLER_KIND_OPERATOR', name: 'operator' })
    expect(permissions).toEqual([
      'TITLE create,read,update,delete',
      'ACHIEVEMENT create,read,update,delete',
      'CATALOGUE read',
      'PROGRESS create,read,update,delete',
      'OWN_PROGRESS create,read,update,delete',
      'STAT create,read,update,delete',
      'STAT_VALUE create,read,update,delete',
      'OWN_STAT_VALUE create,read,update,delete',
      'DESTINATION create,read,update,delete',
      'AUDIT read',
      'PLAYER create,read,update,delete',
    ])
  })

  test('returns the permissions of a service on its title, and none on all titles', async () => {
    const { caller, permissions } = await callerOf(auth.service, { titleId: TITLE })
    expect(caller).toEqual({ kind: 'CALLER_KIND_SERVICE', name: 'service' })
    expect(permissions).toContain('ACHIEVEMENT create,read,update')
    expect(permissions.filter((each) => /^PLAYER/.test(each))).toEqual([])
    expect((await callerOf(auth.service, {})).permissions).toEqual([])
  })

  test('returns the permissions of a player on itself alone', async () => {
    const token = await auth.player('ann')
    const own = await callerOf(token, { titleId: TITLE, playerId: 'ann' })
    expect(own.caller).toEqual({ kind: 'CALLER_KIND_PLAYER', name: 'ann', playerId: 'ann' })
    expect(own.permissions).toEqual([
      'CATALOGUE read',
      'OWN_PROGRESS read,update',
      'OWN_STAT_VALUE read,update',
    ])
    const other = await callerOf(token, { titleId: TITLE, playerId: 'ben' })
    expect(other.permissions).toEqual(['CATALOGUE read'])
  })

  test('returns no permission on the title of another service, and none that a token does not have', async () => {
    expect((await callerOf(auth.service, { titleId: 'b' })).permissions).toEqual([])
    const token = await auth.serviceWith([{ resource: 'ADMIN:NAMESPACE:a:ACHIEVEMENT', action: 2 }])
    expect((await callerOf(token, { titleId: TITLE })).permissions).toEqual([
      'ACHIEVEMENT read',
      'CATALOGUE read',
    ])
    expect((await callerOf(token, {})).permissions).toEqual([])
  })

  test.each([
    ['no credential', undefined],
    ['an unknown one', 'Bearer none'],
    ['a part of one', 'Bearer '],
    ['another scheme', 'Basic b3BlcmF0b3I6'],
  ])('is refused with %s', async (_, authorization) => {
    const headers = authorization === undefined ? {} : { authorization }
    const { status } = await postJson(`${server.url}/laurel.v1.CallerService/GetCaller`, {}, headers)
    expect(status).toBe(401)
  })

  test.each(['x'.repeat(129), 'a\u0000b', '\ud800'])('refuses the title %j', async (titleId) => {
    const { body } = await postJson(
      `${server.url}/laurel.v1.CallerService/GetCaller`,
      { titleId },
      { authorization: `Bearer ${auth.operator}` },
    )
    expect(body.code).toBe('invalid_argument')
  })
})
