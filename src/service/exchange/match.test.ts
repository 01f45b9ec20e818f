import { expect, test } from 'vitest'
import { cpuMilliseconds } from '../../../test/support/cpu.ts'
import { indexNames, possibleDuplicatesOf } from './match.ts'

test('finds names that differ in case, width and white space, and none for an empty name', () => {
  const index = indexNames(
    new Map([
      ['a', 'First  Light'],
      ['b', ' ＦＩＲＳＴ light'],
      ['c', 'first lights'],
      ['d', ' '],
      ['e', ''],
    ]),
  )
  expect(possibleDuplicatesOf('first light', index)).toEqual(['a', 'b'])
  expect(possibleDuplicatesOf('second light', index)).toEqual([])
  expect(possibleDuplicatesOf('', index)).toEqual([])
})

test('the time for a batch grows with its entries and not with the names of the title for each', async () => {
  const names = new Map(Array.from({ length: 20_000 }, (_, index) => [`${index}`, `Name ${index}`]))
  const used = await cpuMilliseconds(() => {
    const index = indexNames(names)
    for (const name of names.values()) possibleDuplicatesOf(name, index)
  })
  expect(used).toBeLessThan(1000)
})
