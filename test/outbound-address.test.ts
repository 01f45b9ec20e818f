import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { LaurelError } from '../src/model/errors.ts'
import { NEVER_ABORTED } from '../src/model/never-aborted.ts'
import { AddressPolicy } from '../src/outbound/addresses.ts'
import type { Resolve } from '../src/outbound/contract.ts'
import { openOutbound } from '../src/outbound/outbound.ts'
import { type FakePlatform, startFakePlatform } from './support/fake-platform.ts'

const GET = { method: 'GET' } as const

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function platformAndOutbound(allowPrivate: readonly string[], resolve: Resolve) {
  const platform: FakePlatform = await startFakePlatform()
  const outbound = openOutbound({ allowPrivate, resolve })
  cleanups.push(
    () => platform.close(),
    () => outbound.close(),
  )
  return { platform, outbound }
}

function refusal(url: string, allowPrivate: readonly string[] = [], field?: string): LaurelError | undefined {
  try {
    openOutbound({ allowPrivate }).checkUrl(url, field)
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(LaurelError)
    return error as LaurelError
  }
}

function found(...addresses: string[]): Resolve {
  return async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
}

async function kindOf(url: string, resolve: Resolve, allowPrivate: readonly string[] = []): Promise<string> {
  const outbound = openOutbound({ allowPrivate, resolve })
  try {
    await outbound.to(url).send(GET, NEVER_ABORTED)
    return 'response'
  } catch (error) {
    return String((error as { kind?: string }).kind)
  } finally {
    await outbound.close()
  }
}

describe('accepts the URL', () => {
  test.each([
    'https://platform.test',
    'https://platform.test:8443/a?b=c',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'http://localhost:8080',
    'http://127.0.0.1:8080',
    'http://127.1.2.3',
    'http://[::1]:8080/a',
    'https://localhost',
  ])('%s', (url) => {
    expect(refusal(url)).toBeUndefined()
  })

  test('of an allowed private address', () => {
    expect(refusal('https://10.1.2.3', ['10.0.0.0/8'])).toBeUndefined()
    expect(refusal('https://10.1.2.3', ['10.1.2.3'])).toBeUndefined()
    expect(refusal('https://[fd00::1]', ['fd00::/8'])).toBeUndefined()
    for (const unassigned of ['https://0.0.0.0', 'https://224.0.0.1', 'https://255.255.255.255']) {
      expect(refusal(unassigned, ['0.0.0.0/0'])).toBeDefined()
    }
    expect(refusal('https://10.1.2.3', ['10.1.2.4', '192.168.0.0/16', 'fd00::/8'])).toBeDefined()
    expect(refusal('http://10.1.2.3', ['10.0.0.0/8'])?.message).toContain('must begin with https://')
  })
})

describe('rejects the URL', () => {
  test.each([
    '',
    'platform.test',
    '//platform.test',
    'https:platform.test',
    'ftp://platform.test',
    'file:///etc/passwd',
    'http://platform.test',
    'http://10.0.0.1',
    'http://localhost.platform.test',
    'http://localhost.',
    'http://8.8.8.8',
    `https://platform.test/${'a'.repeat(2048)}`,
    'https://user@platform.test',
    'https://:hush@platform.test',
  ])('%s', (url) => {
    expect(refusal(url)).toMatchObject({ code: 'invalid_argument', violations: [{ field: 'url' }] })
  })

  test.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '192.168.1.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '0x0a000001',
    '167772161',
    '012.0.0.1',
    '[::]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
    '[2001:db8::1]',
    '[fec0::1]',
    '[::ffff:10.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::10.0.0.1]',
    '[64:ff9b::a00:1]',
    '[64:ff9b:1::a00:1]',
    '[2002:a00:1::]',
    '[2001:0:a00:1::]',
    '[4000::1]',
    '[100::1]',
  ])('of the private or reserved address %s', (host) => {
    expect(refusal(`https://${host}/`)?.violations).toMatchObject([
      { field: 'url', message: expect.stringContaining('private or reserved address') },
    ])
  })

  test('with an error that names the field and does not quote the URL', () => {
    const error = refusal('https://user:hush@platform.test/?hush', [], 'destination.url')
    expect(error?.violations[0]?.field).toBe('destination.url')
    expect(error?.message).not.toContain('hush')
  })

  test('of a private address in any notation', () => {
    const octet = fc.nat(255)
    const privately = fc.oneof(
      fc.tuple(fc.constant(10), octet, octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    )
    fc.assert(
      fc.property(privately, ([a, b, c, d]) => {
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
        const notations = [
          `${a}.${b}.${c}.${d}`,
          `[::ffff:${hex}]`,
          `[64:ff9b::${hex}]`,
          `[2002:${hex}::1]`,
          `${(a * 256 + b) * 65536 + c * 256 + d}`,
        ]
        for (const notation of notations) expect(refusal(`https://${notation}/`)).toBeDefined()
      }),
    )
  })
})

describe('a name', () => {
  test.each([
    ['127.0.0.1'],
    ['::1'],
    ['10.0.0.1'],
    ['169.254.169.254'],
    ['0.0.0.0'],
    ['::ffff:10.0.0.1'],
    ['fe80::1%lo'],
    ['not an address'],
    ['192.0.2.1'],
    ['8.8.8.8', '10.0.0.1'],
  ])('is not called if it resolves to %j', async (...addresses) => {
    expect(await kindOf('https://platform.test', found(...addresses))).toBe('refused')
  })

  test('localhost resolves to loopback or is rejected, and no other name may resolve to loopback', async () => {
    expect(await kindOf('http://localhost:1', found('8.8.8.8'))).toBe('refused')
    expect(await kindOf('http://localhost:1', found('127.0.0.1'))).toBe('cannot_connect')
    expect(await kindOf('https://also.localhost:1', found('127.0.0.1'))).toBe('refused')
  })

  test('without an address fails as cannot_resolve', async () => {
    expect(await kindOf('https://platform.test', found())).toBe('cannot_resolve')
    const unknown = Object.assign(new Error('getaddrinfo hush'), { code: 'ENOTFOUND' })
    expect(await kindOf('https://platform.test', () => Promise.reject(unknown))).toBe('cannot_resolve')
    expect(await kindOf('https://nowhere.invalid', found())).toBe('cannot_resolve')
  })

  test('that is allowed may have private addresses, but not loopback or link-local ones', async () => {
    const policy = new AddressPolicy(['Platform.internal'], true)
    for (const address of ['10.255.255.1', '192.168.0.1', '100.64.0.1', 'fd00::1', '8.8.8.8']) {
      expect([address, policy.allows('platform.internal', address)]).toEqual([address, true])
    }
    for (const address of ['127.0.0.1', '::1', '169.254.169.254', 'fe80::1', '0.0.0.0', '64:ff9b::a00:1']) {
      expect([address, policy.allows('platform.internal', address)]).toEqual([address, false])
    }
    expect(policy.allows('other.internal', '10.255.255.1')).toBe(false)
    const allowed = ['Platform.internal']
    expect(await kindOf('https://Platform.internal', found('127.0.0.1'), allowed)).toBe('refused')
  })

  test('may resolve to loopback if the block is allowed', async () => {
    const loopback = ['127.0.0.0/8']
    expect(await kindOf('https://platform.test:1', found('127.0.0.1'), loopback)).toBe('cannot_connect')
  })

  test('checks the IPv4 address embedded in an allowed NAT64 prefix', () => {
    expect(refusal('https://[64:ff9b::808:808]')).toBeDefined()
    expect(refusal('https://[64:ff9b::808:808]', ['64:ff9b::/96'])).toBeUndefined()
    expect(refusal('https://[64:ff9b::a00:1]', ['64:ff9b::/96'])).toBeDefined()
    expect(refusal('https://[64:ff9b::a00:1]', ['64:ff9b::/96', '10.0.0.0/8'])).toBeUndefined()
  })

  test('cannot be rebound to another address between the check and the connection', async () => {
    const addresses = ['127.0.0.1', '10.0.0.1']
    let lookups = 0
    const { platform, outbound } = await platformAndOutbound(['127.0.0.0/8'], async () => {
      const address = addresses[lookups % addresses.length] ?? ''
      lookups += 1
      return [{ address, family: 4 }]
    })
    const url = `https://platform.test:${platform.port}`
    // The fake platform has no TLS: the TLS failure shows that the connection reached it.
    await expect(outbound.to(url).send(GET, NEVER_ABORTED)).rejects.toMatchObject({ kind: 'tls' })
    expect([platform.connections, lookups]).toEqual([1, 1])
    await expect(outbound.to(url).send(GET, NEVER_ABORTED)).rejects.toMatchObject({ kind: 'refused' })
    expect([platform.connections, lookups]).toEqual([1, 2])
  })

  test('is resolved once for concurrent requests', async () => {
    let lookups = 0
    const resolved = Promise.withResolvers<void>()
    const { platform, outbound } = await platformAndOutbound([], async () => {
      lookups += 1
      await resolved.promise
      return [{ address: '127.0.0.1', family: 4 }]
    })
    const target = outbound.to(`http://localhost:${platform.port}`)
    const sent = Promise.all(Array.from({ length: 5 }, () => target.send(GET, NEVER_ABORTED)))
    await expect.poll(() => lookups).toBe(1)
    resolved.resolve()
    expect((await sent).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(lookups).toBe(1)
  })
})

test.each([
  '10.0.0.0/33',
  '10.0.0',
  '10.0.0.0/8/8',
  'https://platform.test',
  '',
  '*',
  'fd00::/129',
  '1.2.3.4/x',
])('rejects %j in allowPrivate', (entry) => {
  expect(() => openOutbound({ allowPrivate: [entry] })).toThrow(LaurelError)
})
