import { expect, test } from 'vitest'
import { pack, unpack } from './packed.ts'

test.each([
  [{ a: 5n, b: ['x', -1n, null], c: { d: true } }],
  [{ $bigint: 'x' }],
  [{ $bigint: '5', other: 1n }],
  [{ $$bigint: { $bigint: 5n } }],
  [JSON.parse('{"__proto__": {"$bigint": "5"}}')],
])('%o comes back as it was', (value) => {
  expect(unpack(pack(value))).toEqual(value)
  expect(JSON.stringify(Object.keys(unpack(pack(value))))).toBe(JSON.stringify(Object.keys(value).sort()))
})

test('equal values give equal texts', () => {
  expect(pack({ b: 1, a: 2 })).toBe(pack({ a: 2, b: 1 }))
  expect(pack({ a: 5n })).not.toBe(pack({ a: { $bigint: '5' } }))
})
