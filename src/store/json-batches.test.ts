import { expect, test } from 'vitest'
import { jsonBatches } from './json-batches.ts'

test('rows are one JSON array while they are short', () => {
  expect([...jsonBatches([{ a: 1n }, { a: 'x' }])]).toEqual(['[{"a":1},{"a":"x"}]'])
  expect([...jsonBatches([])]).toEqual([])
})

test('an array ends before it is longer than 8 MiB, unless it holds one row', () => {
  const [long, longer] = [{ text: 'a'.repeat(3 * 2 ** 20) }, { text: 'a'.repeat(9 * 2 ** 20) }]
  const sizes = [...jsonBatches([long, long, long, longer, long])].map((text) => JSON.parse(text).length)
  expect(sizes).toEqual([2, 1, 1, 1])
})
