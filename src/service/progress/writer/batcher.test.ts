import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Batcher } from './batcher.ts'

const { signal } = new AbortController()

/** Batches items such as `a1`, of the key `a`. A batch is in flight until the test resolves it. */
function start() {
  const sent: string[][] = []
  const onTheWay: { items: readonly string[]; arrive: () => void }[] = []
  const batcher = new Batcher<string, string>({
    send(items) {
      for (const before of onTheWay) {
        expect(items.filter((item) => before.items.some((other) => other[0] === item[0]))).toEqual([])
      }
      sent.push([...items])
      const { promise, resolve } = Promise.withResolvers<readonly string[]>()
      const way = {
        items,
        arrive() {
          onTheWay.splice(onTheWay.indexOf(way), 1)
          resolve(items.map((item) => `${item} is done`))
        },
      }
      onTheWay.push(way)
      expect(onTheWay.length).toBeLessThanOrEqual(2)
      return promise
    },
    keyOf: (item) => item[0],
    callerOf: (item) => item[0] as string,
    maxItems: 100,
    maxBytes: 1_000,
    batchSize: 3,
    secondBatchThreshold: 3,
  })
  return { batcher, sent, onTheWay, add: (item: string) => batcher.add(item, 1, signal) }
}

test('sends the items of one turn at once, and later ones together after the batch in flight', async () => {
  const { sent, onTheWay, add } = start()
  const first = [add('a1'), add('b1')]
  await turn()
  const next = [add('a2'), add('c1')]
  await turn()
  expect(sent).toEqual([['a1', 'b1']])
  onTheWay[0]?.arrive()
  expect(await Promise.all(first)).toEqual(['a1 is done', 'b1 is done'])
  expect(sent).toEqual([
    ['a1', 'b1'],
    ['c1', 'a2'],
  ])
  onTheWay[0]?.arrive()
  expect(await Promise.all(next)).toEqual(['a2 is done', 'c1 is done'])
})

test('sends a second batch when many items wait, without the keys in flight', async () => {
  const { sent, onTheWay, add } = start()
  const all = [add('a1')]
  await turn()
  for (const item of ['a2', 'b1', 'c1']) all.push(add(item))
  await turn()
  expect(sent).toEqual([['a1']])
  for (const item of ['d1', 'a3']) all.push(add(item))
  await turn()
  expect(sent).toEqual([['a1'], ['b1', 'c1', 'd1']])
  onTheWay[1]?.arrive()
  await turn()
  expect(sent).toHaveLength(2)
  onTheWay[0]?.arrive()
  await turn()
  expect(sent[2]).toEqual(['a2', 'a3'])
  onTheWay[0]?.arrive()
  expect(await Promise.all(all)).toHaveLength(6)
})

test('delays only the next items of a key whose result is a promise', async () => {
  const sent: (readonly string[])[] = []
  const late = Promise.withResolvers<string>()
  const batcher = new Batcher<string, string>({
    send: async (items) => {
      sent.push(items)
      return items.map((item) => (item === 'a1' ? late.promise : `${item} is done`))
    },
    keyOf: (item) => item[0],
    callerOf: () => 'caller',
    maxItems: 8,
    maxBytes: 1_000,
    batchSize: 3,
    secondBatchThreshold: 3,
  })
  const first = ['a1', 'a2', 'b1'].map((item) => batcher.add(item, 1, signal))
  expect(await Promise.all(first.slice(1))).toEqual(['a2 is done', 'b1 is done'])
  const behind = ['a3', 'a4', 'a5'].map((item) => batcher.add(item, 1, signal))
  expect(await batcher.add('b2', 1, signal)).toBe('b2 is done')
  expect(batcher.waiting).toBe(3)
  late.reject(new Error('it was held'))
  await expect(first[0]).rejects.toThrow('it was held')
  expect(await Promise.all(behind)).toEqual(['a3 is done', 'a4 is done', 'a5 is done'])
  expect(sent).toEqual([['a1', 'a2', 'b1'], ['b2'], ['a3', 'a4', 'a5']])
})

test('does not send an item that is aborted while it waits, and resolves one in flight', async () => {
  const { batcher, sent, onTheWay } = start()
  const leaving = new AbortController()
  const onItsWay = batcher.add('a1', 1, leaving.signal)
  await turn()
  const waiting = batcher.add('b1', 1, leaving.signal)
  leaving.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  await expect(batcher.add('c1', 1, leaving.signal)).rejects.toThrow('gone')
  onTheWay[0]?.arrive()
  expect(await onItsWay).toBe('a1 is done')
  expect(sent).toEqual([['a1']])
  expect(batcher.waiting).toBe(0)
})

test('rejects an item at once when too many bytes wait', async () => {
  const { batcher, onTheWay } = start()
  const large = batcher.add('a1', 999, signal)
  await expect(batcher.add('b1', 2, signal)).rejects.toMatchObject({ reason: 'TOO_MANY_REQUESTS' })
  await turn()
  const small = batcher.add('b1', 2, signal)
  onTheWay[0]?.arrive()
  await large
  onTheWay[0]?.arrive()
  expect(await small).toBe('b1 is done')
})

test('leaves room for another caller, however many items of one caller wait', async () => {
  const { batcher, add } = start()
  const accepted = ['a', 'b', 'c'].map((caller) => {
    const before = batcher.waiting
    for (let count = 0; count < 200; count += 1) add(`${caller}${count}`).catch(() => {})
    return batcher.waiting - before
  })
  expect(accepted).toEqual([50, 25, 13])
})

test('sends each item once, in the order of its key, for any order of arrivals and results', async () => {
  const owner = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const step = fc.oneof(owner, fc.constantFrom(0, 1), fc.constant('turn' as const))
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { batcher, sent, onTheWay, add } = start()
      const added: string[] = []
      const outcomes: Promise<string>[] = []
      for (const step of steps) {
        if (typeof step === 'number') onTheWay[step]?.arrive()
        else if (step === 'turn') await turn()
        else {
          const item = `${step}${added.length}`
          added.push(item)
          outcomes.push(add(item))
        }
      }
      // One turn to send a batch, and one for each to resolve.
      for (let turns = 0; turns <= steps.length; turns += 1) {
        await turn()
        onTheWay[0]?.arrive()
      }
      expect({ waiting: batcher.waiting, onTheWay }).toEqual({ waiting: 0, onTheWay: [] })
      expect(await Promise.all(outcomes)).toEqual(added.map((item) => `${item} is done`))
      const byOwner = (items: readonly string[]) => Object.groupBy(items, (item) => item[0] as string)
      expect(byOwner(sent.flat())).toEqual(byOwner(added))
    }),
  )
})
