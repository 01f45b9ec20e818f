import { expect, test } from 'vitest'
import { readSortings } from './query.ts'

test('a list of sortings has each key once, with its first direction', () => {
  const text = `${'code:desc,time,'.repeat(1000)}code:asc`
  expect(readSortings(text, ['code', 'time'])).toEqual([
    { key: 'code', descending: true },
    { key: 'time', descending: false },
  ])
})
