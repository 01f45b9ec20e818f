import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { LaurelError } from '../src/model/errors.ts'
import { AddressPolicy } from '../src/outbound/addresses.ts'
import { openOutbound, type Resolve } from '../src/outbound/outbound.ts'
import { type FakePlatform, startFakePlatform } from './support/fake-platform.ts'

const NEVER = new AbortController().signal
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
    await outbound.to(url).send(GET, NEVER)
    return 'answered'
  } catch (error) {
    return String((error as { kind?: string }).kind)
  } finally {
    await outbound.close()
  }
}

describe('a URL may be', () => {
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

  test('a private address that is allowed', () => {
    expect(refusal('https://10.1.2.3', ['10.0.0.0/8'])).toBeUndefined()
    expect(refusal('https://10.1.2.3', ['10.1.2.3'])).toBeUndefined()
    expect(refusal('https://[fd00::1]', ['fd00::/8'])).toBeUndefined()
    for (const nobodys of ['https://0.0.0.0', 'https://224.0.0.1', 'https://255.255.255.255']) {
      expect(refusal(nobodys, ['0.0.0.0/0'])).toBeDefined()
    }
    expect(refusal('https://10.1.2.3', ['10.1.2.4', '192.168.0.0/16', 'fd00::/8'])).toBeDefined()
    expect(refusal('http://10.1.2.3', ['10.0.0.0/8'])?.message).toContain('must begin with https://')
  })
})

describe('a URL may not be', () => {
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
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '169.254.169.254', '172.16.0.1', '192.168.1.1', '192.0.2.1'],
    ...['198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '0x0a000001', '167772161', '012.0.0.1'],
    ...['[::]', '[fe80::1]', '[fc00::1]', '[fd00:ec2::254]', '[ff02::1]', '[2001:db8::1]', '[fec0::1]'],
    ...['[::ffff:10.0.0.1]', '[::ffff:127.0.0.1]', '[::10.0.0.1]', '[64:ff9b::a00:1]', '[64:ff9b:1::a00:1]'],
    ...['[2002:a00:1::]', '[2001:0:a00:1::]', '[4000::1]', '[100::1]'],
  ])('the address %s', (host) => {
    expect(refusal(`https://${host}/`)?.violations).toMatchObject([
      { field: 'url', message: expect.stringContaining('private or reserved address') },
    ])
  })

  test('quoted when it is refused, and is refused by its own field', () => {
    const error = refusal('https://user:hush@platform.test/?hush', [], 'destination.url')
    expect(error?.violations[0]?.field).toBe('destination.url')
    expect(error?.message).not.toContain('hush')
  })

  test('anything else that opens a way in', () => {
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
        const spellings = [
          `${a}.${b}.${c}.${d}`,
          `[::ffff:${hex}]`,
          `[64:ff9b::${hex}]`,
          `[2002:${hex}::1]`,
          `${(a * 256 + b) * 65536 + c * 256 + d}`,
        ]
        for (const spelling of spellings) expect(refusal(`https://${spelling}/`)).toBeDefined()
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
  ])('is not called at %j', async (...addresses) => {
    expect(await kindOf('https://platform.test', found(...addresses))).toBe('refused')
  })

  test('that is localhost leads to this machine, or nowhere', async () => {
    expect(await kindOf('http://localhost:1', found('8.8.8.8'))).toBe('refused')
    expect(await kindOf('http://localhost:1', found('127.0.0.1'))).toBe('cannot_connect')
    expect(await kindOf('https://also.localhost:1', found('127.0.0.1'))).toBe('refused')
  })

  test('that nobody knows is told apart', async () => {
    expect(await kindOf('https://platform.test', found())).toBe('cannot_resolve')
    const unknown = Object.assign(new Error('getaddrinfo hush'), { code: 'ENOTFOUND' })
    expect(await kindOf('https://platform.test', () => Promise.reject(unknown))).toBe('cannot_resolve')
    expect(await kindOf('https://nowhere.invalid', found())).toBe('cannot_resolve')
  })

  test('that is allowed may have private addresses, but not this machine’s nor its cloud’s', async () => {
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

  test('may be on this machine where its addresses are allowed', async () => {
    const loopback = ['127.0.0.0/8']
    expect(await kindOf('https://platform.test:1', found('127.0.0.1'), loopback)).toBe('cannot_connect')
  })

  test('in a network that has only IPv6 is judged by the address behind', () => {
    expect(refusal('https://[64:ff9b::808:808]')).toBeDefined()
    expect(refusal('https://[64:ff9b::808:808]', ['64:ff9b::/96'])).toBeUndefined()
    expect(refusal('https://[64:ff9b::a00:1]', ['64:ff9b::/96'])).toBeDefined()
    expect(refusal('https://[64:ff9b::a00:1]', ['64:ff9b::/96', '10.0.0.0/8'])).toBeUndefined()
  })

  test('cannot be bound to another address between the judgement and the connection', async () => {
    const answers = ['127.0.0.1', '10.0.0.1']
    let asked = 0
    const { platform, outbound } = await platformAndOutbound(['127.0.0.0/8'], async () => {
      const address = answers[asked % answers.length] ?? ''
      asked += 1
      return [{ address, family: 4 }]
    })
    const url = `https://platform.test:${platform.port}`
    // The fake speaks no TLS: that it was asked to is enough, and tells where the connection went.
    await expect(outbound.to(url).send(GET, NEVER)).rejects.toMatchObject({ kind: 'tls' })
    expect([platform.connections, asked]).toEqual([1, 1])
    await expect(outbound.to(url).send(GET, NEVER)).rejects.toMatchObject({ kind: 'refused' })
    expect([platform.connections, asked]).toEqual([1, 2])
  })

  test('is not asked for again while it is being asked for', async () => {
    let asked = 0
    const answered = Promise.withResolvers<void>()
    const { platform, outbound } = await platformAndOutbound([], async () => {
      asked += 1
      await answered.promise
      return [{ address: '127.0.0.1', family: 4 }]
    })
    const target = outbound.to(`http://localhost:${platform.port}`)
    const sent = Promise.all(Array.from({ length: 5 }, () => target.send(GET, NEVER)))
    await expect.poll(() => asked).toBe(1)
    answered.resolve()
    expect((await sent).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(asked).toBe(1)
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
])('what is allowed may not be %j', (entry) => {
  expect(() => openOutbound({ allowPrivate: [entry] })).toThrow(LaurelError)
})

describe('where this machine is guarded', () => {
  const check =
    (url: string, allowPrivate: readonly string[] = []) =>
    () =>
      openOutbound({ allowPrivate, guardLoopback: true }).checkUrl(url)
  const SPELLINGS = [
    ...[
      'http://localhost:1',
      'http://LOCALHOST:1',
      'https://localhost:1',
      'http://127.0.0.1:1',
      'http://127.9.8.7:1',
    ],
    ...[
      'http://[::1]:1',
      'http://[0:0:0:0:0:0:0:1]:1',
      'http://2130706433:1',
      'http://0x7f000001:1',
      'http://0177.0.0.1:1',
    ],
    ...['http://127.1:1', 'https://127.0.0.1:1'],
  ]

  test.each(SPELLINGS)('%s is refused unless it is listed', (url) => {
    expect(check(url)).toThrow('private or reserved address')
    expect(check(url, ['10.0.0.0/8', 'platform.internal'])).toThrow('private or reserved address')
    expect(check(url, ['localhost'])).not.toThrow()
  })

  test('an address that is listed allows no other, and its name only where all of its addresses are listed', async () => {
    expect(check('http://127.0.0.1:1', ['127.0.0.1'])).not.toThrow()
    expect(check('http://127.0.0.2:1', ['127.0.0.1'])).toThrow()
    expect(check('http://[::1]:1', ['127.0.0.0/8'])).toThrow()
    const kind = async (allowPrivate: readonly string[], ...addresses: string[]) => {
      await using stack = new AsyncDisposableStack()
      const options = { allowPrivate, guardLoopback: true, resolve: found(...addresses) }
      const outbound = stack.adopt(openOutbound(options), (open) => open.close())
      const [result] = await Promise.allSettled([outbound.to('http://localhost:1').send(GET, NEVER)])
      return result?.status === 'rejected' ? result.reason.kind : 'answered'
    }
    expect(await kind(['127.0.0.1'], '127.0.0.1')).toBe('cannot_connect')
    expect(await kind(['127.0.0.1'], '127.0.0.1', '::1')).toBe('refused')
    expect(await kind(['localhost'], '127.0.0.1', '::1')).toBe('cannot_connect')
    expect(await kind(['localhost'], '10.0.0.1')).toBe('refused')
  })

  test.each(['also.localhost', 'localhost.', 'platform.test'])('%s is no name of it', async (name) => {
    const outbound = openOutbound({
      allowPrivate: ['localhost'],
      guardLoopback: true,
      resolve: found('127.0.0.1'),
    })
    cleanups.push(() => outbound.close())
    await expect(outbound.to(`https://${name}:1`).send(GET, NEVER)).rejects.toMatchObject({ kind: 'refused' })
  })
})
