import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readSortedPage } from './sorted-page.ts'

interface Item {
  readonly id: string
  readonly key: number | undefined
}

const order = {
  keyOf: ({ key }: Item) => key,
  compare: (left: number, right: number) => left - right,
  idOf: ({ id }: Item) => id,
}

/** The items in parts, and how many parts were read. */
function partsOf(items: readonly Item[], size: number) {
  const counts = { read: 0 }
  return {
    counts,
    read: async function* () {
      for (let start = 0; start < items.length; start += size) {
        counts.read += 1
        yield items.slice(start, start + size)
      }
    },
  }
}

test('a page is the same as that of the whole list, sorted', async () => {
  const keys = fc.array(fc.option(fc.nat(5), { nil: undefined }), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(
      keys,
      fc.integer({ min: 1, max: 20 }),
      fc.nat(60),
      fc.nat(20),
      async (keys, size, start, maxItems) => {
        const items = keys.map((key, index) => ({ id: `${index}`, key }))
        const listed = items.filter(({ key }) => key !== undefined)
        const sorted = listed.toSorted((left, right) => Number(left.key) - Number(right.key))
        expect(await readSortedPage(partsOf(items, size).read, { ...order, start, maxItems })).toEqual({
          items: sorted.slice(start, start + maxItems),
          totalSize: listed.length,
        })
      },
    ),
  )
})

test('parts are read once for a page of the first items, and again, as far as needed, for another', async () => {
  const items = Array.from({ length: 4000 }, (_, key) => ({ id: `${key}`, key }))
  const pageAt = async (start: number) => {
    const { counts, read } = partsOf(items, 1000)
    const page = await readSortedPage(read, { ...order, start, maxItems: 10 })
    expect(page.items.map(({ key }) => key)).toEqual(Array.from({ length: 10 }, (_, index) => start + index))
    return counts.read
  }
  expect([await pageAt(0), await pageAt(2500)]).toEqual([4, 7])
})

test('an item that is deleted between the two reads is left out', async () => {
  const items = Array.from({ length: 2000 }, (_, key) => ({ id: `${key}`, key }))
  let reads = 0
  const read = async function* () {
    reads += 1
    yield items.slice(0, 1000)
    yield items.slice(1000).filter(({ key }) => reads === 1 || key !== 1500)
  }
  const { items: found } = await readSortedPage(read, { ...order, start: 1499, maxItems: 3 })
  expect(found.map(({ key }) => key)).toEqual([1499, 1501])
})
