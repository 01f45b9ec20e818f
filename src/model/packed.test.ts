import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pack, unpack } from './packed.ts'

test.each([
  [{ a: 5n, b: ['x', -1n, null], c: { d: true } }],
  [{ $bigint: 'x' }],
  [{ $bigint: '5', other: 1n }],
  [{ $$bigint: { $bigint: 5n } }],
  [JSON.parse('{"__proto__": {"$bigint": "5"}}')],
])('unpacks %o unchanged', (value) => {
  expect(unpack(pack(value))).toEqual(value)
  expect(JSON.stringify(Object.keys(unpack(pack(value))))).toBe(JSON.stringify(Object.keys(value).sort()))
})

// Digests of requests and stored responses have these texts: after a change of one, retries would be refused.
test('keeps texts that look like packed values', () => {
  const report = { kind: 'reach', requirementId: 'laps', quantity: 5n }
  const request = {
    titleId: 't',
    playerId: 'a "b"\\\n\u2028é',
    achievementId: 'x y',
    report,
    requestId: undefined,
  }
  expect(pack(['recordProgress', request])).toBe(
    '["recordProgress",{"achievementId":"x y","playerId":"a \\"b\\"\\\\\\n\u2028é",' +
      '"report":{"kind":"reach","quantity":{"$bigint":"5"},"requirementId":"laps"},"titleId":"t"}]',
  )
})

test('packs a text as JSON.stringify does', () => {
  const isSame = (text: string) => pack(text) === JSON.stringify(text)
  fc.assert(fc.property(fc.string({ unit: 'binary' }), isSame))
})

test('equal values give equal texts', () => {
  expect(pack({ b: 1, a: 2 })).toBe(pack({ a: 2, b: 1 }))
  expect(pack({ a: 5n })).not.toBe(pack({ a: { $bigint: '5' } }))
})
