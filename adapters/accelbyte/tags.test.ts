import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { readTagFilter } from './gateway/tags.ts'

const filterOf = (...texts: readonly string[]) =>
  readTagFilter(new URLSearchParams(texts.map((text): [string, string] => ['tags', text])))

type Expression = { readonly sign: '&' | '|' | ','; readonly parts: readonly Expression[] } | string

const TAGS = ['a', 'b c', 'Tags1', 'd:e'] as const

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...TAGS),
    fc.record({
      sign: fc.constantFrom('&', '|', ','),
      parts: fc.array(tie('expression'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}))

function textOf(expression: Expression): string {
  return typeof expression === 'string'
    ? expression
    : `(${expression.parts.map(textOf).join(` ${expression.sign}`)})`
}

function expectMatch(expression: Expression, tags: readonly string[]): boolean {
  if (typeof expression === 'string') return tags.includes(expression)
  const parts = expression.parts.map((part) => expectMatch(part, tags))
  return expression.sign === '&' ? parts.every(Boolean) : parts.some(Boolean)
}

test('an expression wants what its signs say', () => {
  fc.assert(
    fc.property(expression, fc.subarray([...TAGS]), (expected, tags) => {
      expect(filterOf(textOf(expected))(tags)).toBe(expectMatch(expected, tags))
    }),
  )
})

test('and binds closer than or, and a comma is or', () => {
  const filter = filterOf('a&b|c,d')
  expect([['a'], ['b'], ['a', 'b'], ['c'], ['d'], []].map(filter)).toEqual([
    false,
    false,
    true,
    true,
    true,
    false,
  ])
})

test('a repeated parameter adds tags, and an empty one selects all achievements', () => {
  expect([['a'], ['b'], ['c']].map(filterOf('a', 'b'))).toEqual([true, true, false])
  for (const nothing of [filterOf(), filterOf(''), filterOf(',', ' ,, ')]) expect(nothing([])).toBe(true)
  expect([['a'], ['b'], []].map(filterOf(',a,,b,'))).toEqual([true, true, false])
})

test('any other text is refused, and says where', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', '&', '|', '(', ')', ',', ' '), { maxLength: 60 }), (signs) => {
      try {
        filterOf(signs.join(''))(['a'])
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
        expect((error as DecodeError).path).toEqual(['tags'])
      }
    }),
  )
  for (const text of ['a&', '&a', '(a', 'a)', '()', 'a||b', 'a(b)', '('.repeat(1000)]) {
    expect(() => filterOf(text)).toThrow(DecodeError)
  }
})
