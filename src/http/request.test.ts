import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { headOf } from './request.ts'

const originOf = (host: string) => {
  const request = { raw: { url: '/' }, protocol: 'https', host, headers: {} }
  return headOf(request as unknown as FastifyRequest, '').origin
}

test.each(['localhost', 'laurel.example:8080', 'my_host', '127.0.0.1:1', '[::1]', '[::ffff:1.2.3.4]:80'])(
  'the origin of a request to %s is a URL',
  (host) => expect(originOf(host)).toBe(`https://${host}`),
)

test.each([
  '',
  ':80',
  'a:port',
  'a:99999',
  '[a]',
  '[::1',
  '256.1.1.1',
  'a b',
  'a/b',
  'a?b',
  'a#b',
  'u@a',
  'a"><b>',
  'attacker.example/x?.localhost:80',
])('the origin of a request to %j is empty', (host) => expect(originOf(host)).toBe(''))
