import { afterEach, describe, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../src/model/never-aborted.ts'
import type { Resolve } from '../src/outbound/contract.ts'
import { openOutbound } from '../src/outbound/outbound.ts'

const GET = { method: 'GET' } as const

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

function found(...addresses: string[]): Resolve {
  return async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
}

describe('where this machine is guarded', () => {
  const check =
    (url: string, allowPrivate: readonly string[] = []) =>
    () =>
      openOutbound({ allowPrivate, guardLoopback: true }).checkUrl(url)
  const LOOPBACK_URLS = [
    'http://localhost:1',
    'http://LOCALHOST:1',
    'https://localhost:1',
    'http://127.0.0.1:1',
    'http://127.9.8.7:1',
    'http://[::1]:1',
    'http://[0:0:0:0:0:0:0:1]:1',
    'http://2130706433:1',
    'http://0x7f000001:1',
    'http://0177.0.0.1:1',
    'http://127.1:1',
    'https://127.0.0.1:1',
  ]

  test.each(LOOPBACK_URLS)('%s is refused unless it is listed', (url) => {
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
      const [result] = await Promise.allSettled([outbound.to('http://localhost:1').send(GET, NEVER_ABORTED)])
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
    await expect(outbound.to(`https://${name}:1`).send(GET, NEVER_ABORTED)).rejects.toMatchObject({
      kind: 'refused',
    })
  })
})
