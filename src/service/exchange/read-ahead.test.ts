import { expect, test } from 'vitest'
import { readAhead } from './read-ahead.ts'

function sourceOf(items: readonly (number | Error)[]) {
  const log: string[] = []
  async function* source() {
    try {
      for (const item of items) {
        log.push(`read ${item}`)
        if (item instanceof Error) throw item
        yield item
      }
    } finally {
      log.push('closed')
    }
  }
  return { log, items: readAhead(source()) }
}

test('the next item is read while the caller works on one', async () => {
  const { log, items } = sourceOf([1, 2, 3])
  for await (const item of items) {
    await Promise.resolve()
    log.push(`work on ${item}`)
  }
  expect(log).toEqual(['read 1', 'read 2', 'work on 1', 'read 3', 'work on 2', 'closed', 'work on 3'])
})

test('an error is thrown after the items before it', async () => {
  const { items } = sourceOf([1, new Error('no more')])
  expect(await items.next()).toEqual({ value: 1, done: false })
  await expect(items.next()).rejects.toThrow('no more')
})

test('a caller that leaves closes the source', async () => {
  const { log, items } = sourceOf([1, new Error('unread'), 3])
  for await (const _ of items) break
  expect(log.at(-1)).toBe('closed')
})
