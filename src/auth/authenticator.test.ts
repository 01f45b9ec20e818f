import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAllowed, type Principal } from '../model/principal.ts'
import { readAuthFile } from './auth-file.ts'
import { Authenticator } from './authenticator.ts'

const folder = mkdtempSync(join(tmpdir(), 'laurel-auth-'))
const file = join(folder, 'auth.json')
const { signal } = new AbortController()
const KEY = 'a-key-of-a-job-0123456789'

type Pair = Awaited<ReturnType<typeof generateKeyPair>>
let [ours, theirs] = [] as unknown as [Pair, Pair]

async function keySet(pair: Pair): Promise<string> {
  return JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }] })
}

function authenticatorFor(settings: object): Authenticator {
  writeFileSync(file, JSON.stringify(settings))
  return new Authenticator(readAuthFile(file, ['toy', 'platform-a']), file, {
    playerOf: async ({ dialect, id }) => `player-of-${dialect}-${id}`,
    titleOf: async (dialect, namespace) => (namespace === 'taken' ? undefined : `${dialect}:${namespace}`),
  })
}

const issuer = { issuer: 'https://login', audience: 'laurel', jwks: 'keys.json', algorithms: ['ES256'] }

function token(claims: object = {}, { pair = ours, expires = '1h', alg = 'ES256' } = {}): Promise<string> {
  return new SignJWT({ sub: 'ann', iss: 'https://login', aud: 'laurel', ...claims })
    .setProtectedHeader({ alg, kid: 'one' })
    .setExpirationTime(expires)
    .sign(pair.privateKey)
}

beforeAll(async () => {
  ours = await generateKeyPair('ES256')
  theirs = await generateKeyPair('ES256')
  writeFileSync(join(folder, 'keys.json'), await keySet(ours))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a static key', () => {
  const keys = [
    {
      name: 'job',
      sha256: createHash('sha256').update(KEY).digest('hex'),
      principal: 'service',
      titles: ['a'],
    },
  ]

  test.each([`Bearer ${KEY}`, `Bot ${KEY}`, `XBL3.0 x=123;${KEY}`, KEY, `bearer  ${KEY}`])(
    'is taken in the form of each dialect: %s',
    async (authorization) => {
      const { authenticate } = authenticatorFor({ keys })
      expect(await authenticate(authorization, signal)).toMatchObject({ kind: 'service', name: 'job' })
    },
  )

  test('reaches its titles, and cannot delete', async () => {
    const principal = await authenticatorFor({ keys }).authenticate(KEY, signal)
    const definitions = (title: string) => ['ADMIN', 'NAMESPACE', title, 'ACHIEVEMENT']
    expect(isAllowed(principal, { resource: definitions('a'), action: 'update' })).toBe(true)
    expect(isAllowed(principal, { resource: definitions('a'), action: 'delete' })).toBe(false)
    expect(isAllowed(principal, { resource: definitions('b'), action: 'read' })).toBe(false)
    expect(isAllowed(principal, { resource: definitions('*'), action: 'read' })).toBe(false)
  })

  test.each([`${KEY}x`, 'Bearer', 'Bearer a b', 'Basic dXNlcjpwYXNz', 'a.b.c', '..', `XBL3.0 x=1;${KEY}2`])(
    'is not %s',
    async (authorization) => {
      const { authenticate } = authenticatorFor({ keys })
      await expect(authenticate(authorization, signal)).rejects.toMatchObject({ code: 'unauthenticated' })
    },
  )

  test('that is missing authenticates as anonymous', async () => {
    const { authenticate } = authenticatorFor({ keys })
    for (const none of [undefined, '', '  ']) {
      expect(await authenticate(none, signal)).toMatchObject({ kind: 'anonymous' })
    }
  })

  test('is rejected once it is removed', async () => {
    const authenticator = authenticatorFor({ keys })
    await authenticator.authenticate(KEY, signal)
    writeFileSync(file, JSON.stringify({ keys: [{ ...keys[0], sha256: '0'.repeat(64) }] }))
    authenticator.replace(readAuthFile(file, ['toy']), file)
    await expect(authenticator.authenticate(KEY, signal)).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' })
  })
})

describe('a token', () => {
  const players = { issuers: [{ ...issuer, principal: 'player' }] }

  test('authenticates the player in its subject', async () => {
    const { authenticate } = authenticatorFor(players)
    const principal = await authenticate(`Bearer ${await token()}`, signal)
    expect(principal).toMatchObject({ kind: 'player', playerId: 'ann', name: 'ann' })
    const own = { resource: ['NAMESPACE', 'a', 'USER', 'ann', 'ACHIEVEMENT'], action: 'update' } as const
    expect(isAllowed(principal, own)).toBe(true)
  })

  test('has a name that cannot be mistaken for another one with an actor', async () => {
    const { authenticate } = authenticatorFor(players)
    const principal = await authenticate(`Bearer ${await token({ sub: 'ops (ada)' })}`, signal)
    expect(principal).toMatchObject({ kind: 'player', playerId: 'ops (ada)', name: 'ops %28ada)' })
  })

  test('of a platform authenticates the player with the account', async () => {
    const { authenticate } = authenticatorFor({
      issuers: [{ ...issuer, principal: 'player', subject: 'toy' }],
    })
    const permissions = [
      { Resource: 'NAMESPACE:a:USER:25:ACHIEVEMENT', Action: 2 },
      'nonsense',
      { Resource: 7 },
    ]
    const principal = await authenticate(`XBL3.0 x=1;${await token({ sub: '25', permissions })}`, signal)
    expect(principal).toEqual({
      kind: 'player',
      name: 'player-of-toy-25',
      playerId: 'player-of-toy-25',
      callsPerSecond: 50,
      permissions: [{ resource: 'NAMESPACE:a:USER:player-of-toy-25:ACHIEVEMENT', action: 2 }],
    })
  })

  test('has no permission beyond the titles of its issuer', async () => {
    const settings = { issuers: [{ ...issuer, principal: 'service', titles: ['a'] }] }
    const { authenticate } = authenticatorFor(settings)
    const permissions = ['NAMESPACE:*:ACHIEVEMENT', 'NAMESPACE:b:ACHIEVEMENT', '*'].map((resource) => ({
      resource: `ADMIN:${resource}`,
      action: 15,
    }))
    const principal = await authenticate(await token({ permissions }), signal)
    expect(principal.permissions).toEqual([{ resource: 'ADMIN:NAMESPACE:a:ACHIEVEMENT', action: 15 }])
  })

  test('of a platform names titles as the platform does', async () => {
    const named = { ...issuer, principal: 'service', namespaces: 'platform-a' }
    const { authenticate } = authenticatorFor({ issuers: [named] })
    const permissions = ['*', 'ns', 'taken'].map((namespace) => ({
      Resource: `ADMIN:NAMESPACE:${namespace}:ACHIEVEMENT`,
      Action: 2,
    }))
    const principal = await authenticate(await token({ permissions }), signal)
    expect(principal.permissions.map(({ resource }) => resource)).toEqual([
      'ADMIN:NAMESPACE:*:ACHIEVEMENT',
      'ADMIN:NAMESPACE:platform-a%3Ans:ACHIEVEMENT',
    ])
  })

  test('is rejected with the reason', async () => {
    const { authenticate } = authenticatorFor(players)
    const refused = async (text: string, message: RegExp) => {
      const asked = authenticate(`Bearer ${text}`, signal)
      await expect(asked).rejects.toMatchObject({
        code: 'unauthenticated',
        message: expect.stringMatching(message),
      })
    }
    const good = await token()
    await refused(await token({}, { expires: '-1h' }), /expired/)
    await refused(await token({ aud: 'somebody' }), /claim aud/)
    await refused(await token({ iss: 'https://elsewhere' }), /no issuer/)
    await refused(await token({ sub: undefined }), /claim sub/)
    await refused(await token({ nbf: Math.floor(Date.now() / 1000) + 3600 }), /claim nbf/)
    await refused(await token({}, { pair: theirs }), /not signed/)
    await refused(`${good.slice(0, -4)}AAAA`, /not signed/)
    await refused(
      new UnsecuredJWT({ sub: 'ann', iss: 'https://login', aud: 'laurel' }).encode(),
      /token|signed/,
    )
    const secret = new TextEncoder().encode('x'.repeat(32))
    const shared = new SignJWT({ sub: 'ann', iss: 'https://login', aud: 'laurel' }).setProtectedHeader({
      alg: 'HS256',
    })
    await refused(await shared.setExpirationTime('1h').sign(secret), /another way|not signed/)
  })

  test('is verified with the current keys of the file', async () => {
    const keys = join(folder, 'keys.json')
    const authenticator = authenticatorFor(players)
    writeFileSync(keys, await keySet(theirs))
    utimesSync(keys, new Date(), new Date(Date.now() + 5000))
    expect(await authenticator.authenticate(await token({}, { pair: theirs }), signal)).toMatchObject({
      name: 'ann',
    })
    await expect(authenticator.authenticate(await token(), signal)).rejects.toMatchObject({
      code: 'unauthenticated',
    })
    writeFileSync(keys, await keySet(ours))
  })

  test('is verified with keys from a URL, and fails while it is unreachable', async () => {
    const body = await keySet(ours)
    const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
    const settings = { issuers: [{ ...issuer, jwks, principal: 'player' }] }
    const authenticator = authenticatorFor(settings)
    expect(await authenticator.authenticate(await token(), signal)).toMatchObject({ name: 'ann' })
    server.close()
    server.closeAllConnections()
    const fresh = authenticatorFor(settings)
    await expect(fresh.authenticate(await token(), signal)).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'ISSUER_UNAVAILABLE',
    })
  })
})

describe('names of titles', () => {
  const NAMES = [
    '*',
    'USER',
    'NAMESPACE',
    'ADMIN',
    'a:b',
    'a%3Ab',
    '50%',
    '50%25',
    '%2A',
    '..',
    'ä',
    '星',
    'a',
  ]
  const sha256 = createHash('sha256').update(KEY).digest('hex')
  const allowed = (principal: Principal, resource: (title: string) => readonly string[]) =>
    NAMES.filter((title) => isAllowed(principal, { resource: resource(title), action: 'read' }))

  test.each(NAMES)('are plain text in the auth file: %s', async (title) => {
    const settings = {
      keys: [{ name: 'job', sha256, principal: 'service', titles: [title] }],
      issuers: [{ ...issuer, principal: 'player', titles: [title] }],
    }
    const { authenticate } = authenticatorFor(settings)
    const service = await authenticate(KEY, signal)
    expect(allowed(service, (each) => ['ADMIN', 'NAMESPACE', each, 'ACHIEVEMENT'])).toEqual([title])
    for (const sub of NAMES) {
      const player = await authenticate(await token({ sub }), signal)
      const own = (each: string) => ['NAMESPACE', each, 'USER', sub, 'ACHIEVEMENT']
      expect(allowed(player, own)).toEqual([title])
      expect(allowed(player, (each) => ['NAMESPACE', title, 'USER', each, 'ACHIEVEMENT'])).toEqual([sub])
    }
  })

  test.each(NAMES)("are percent-encoded in a token's permissions: %s", async (title) => {
    const { authenticate } = authenticatorFor({
      issuers: [
        { ...issuer, principal: 'service', titles: NAMES },
        { ...issuer, issuer: 'https://platform', principal: 'service', namespaces: 'platform-a' },
        { ...issuer, issuer: 'https://game', principal: 'player', subject: 'toy' },
      ],
    })
    const permissions = [
      { resource: `ADMIN:NAMESPACE:${encodeURIComponent(title).replace('*', '%2A')}:ACHIEVEMENT`, action: 2 },
    ]
    const service = await authenticate(await token({ permissions }), signal)
    expect(allowed(service, (each) => ['ADMIN', 'NAMESPACE', each, 'ACHIEVEMENT'])).toEqual([title])
    const platform = await authenticate(await token({ iss: 'https://platform', permissions }), signal)
    expect(allowed(platform, (each) => ['ADMIN', 'NAMESPACE', `platform-a:${each}`, 'ACHIEVEMENT'])).toEqual([
      title,
    ])
    const resource = `NAMESPACE:a:USER:${encodeURIComponent(title).replace('*', '%2A')}:ACHIEVEMENT`
    const claims = { iss: 'https://game', sub: title, permissions: [{ resource, action: 2 }] }
    const player = await authenticate(await token(claims), signal)
    const playerId = `player-of-toy-${title}`
    expect(allowed(player, (each) => ['NAMESPACE', each, 'USER', playerId, 'ACHIEVEMENT'])).toEqual(['a'])
  })
})
