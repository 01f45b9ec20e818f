import { expect, test } from 'vitest'
import { batchesOf } from './import-batches.ts'
import type { Entry } from './read-entries.ts'

const entryOf = (length: number) => ({ length, record: {} }) as Entry

async function sizesOf(lengths: readonly number[]): Promise<readonly number[]> {
  async function* entries() {
    for (const length of lengths) yield entryOf(length)
  }
  const sizes: number[] = []
  for await (const batch of batchesOf(entries())) sizes.push(batch.length)
  return sizes
}

test('a batch holds at most 500 entries', async () => {
  expect(await sizesOf(Array(1001).fill(1))).toEqual([500, 500, 1])
})

test('a batch ends before it is longer than 4 MiB', async () => {
  expect(await sizesOf(Array(10).fill(950_000))).toEqual([4, 4, 2])
  expect(await sizesOf([1, 4 * 2 ** 20, 1])).toEqual([1, 1, 1])
})

test('a document without entries is one empty batch', async () => {
  expect(await sizesOf([])).toEqual([0])
})
