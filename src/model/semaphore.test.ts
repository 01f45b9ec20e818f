import { expect, test } from 'vitest'
import { NEVER_ABORTED } from './never-aborted.ts'
import { Semaphore } from './semaphore.ts'

const signal = NEVER_ABORTED

/** Work that ends when the test calls `end`. */
function pendingWork() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { work: () => promise, end: resolve }
}

test('runs waiting calls in order, and rejects a call beyond the limit at once', async () => {
  const semaphore = new Semaphore(1, 4)
  const first = pendingWork()
  const order: number[] = []
  const running = semaphore.run(signal, first.work)
  const waiting = [1, 2].map((name) => semaphore.run(signal, async () => void order.push(name)))
  await expect(semaphore.run(signal, async () => order.push(3))).rejects.toMatchObject({
    code: 'resource_exhausted',
    reason: 'TOO_MANY_REQUESTS',
    retryAfter: 1,
  })
  first.end()
  await Promise.all([running, ...waiting])
  expect(order).toEqual([1, 2])
  expect(await semaphore.run(signal, async () => 'free again')).toBe('free again')
})

test('gives the slot of an aborted call to the next', async () => {
  const semaphore = new Semaphore(1, 2)
  const first = pendingWork()
  const running = semaphore.run(signal, first.work)
  const leaving = new AbortController()
  const left = semaphore.run(leaving.signal, async () => 'never')
  leaving.abort()
  await expect(left).rejects.toThrow('aborted')
  const next = semaphore.run(signal, async () => 'next')
  first.end()
  await running
  expect(await next).toBe('next')
})

test('releases the slot of failed work', async () => {
  const semaphore = new Semaphore(1, 0)
  const failing = semaphore.run(signal, () => Promise.reject(new Error('broken')))
  await expect(failing).rejects.toThrow('broken')
  expect(await semaphore.run(signal, async () => 1)).toBe(1)
})

test('lets keys take turns, whichever has more calls waiting', async () => {
  const semaphore = new Semaphore(1, 100)
  const order: string[] = []
  semaphore.tryAcquire()
  const enter = async (key: string) => {
    await semaphore.acquire(signal, key)
    order.push(key)
    semaphore.release()
  }
  const waiting = ['a', 'a', 'a', 'a', 'b', 'c', 'b'].map(enter)
  semaphore.release()
  await Promise.all(waiting)
  expect(order.join('')).toBe('abcabaa')
})

test('leaves room for another key, however many calls of one key arrive', async () => {
  const semaphore = new Semaphore(1, 1000)
  semaphore.tryAcquire()
  const all: Promise<void>[] = []
  for (const key of ['flood', 'second', 'third', 'fourth']) {
    const before = all.length
    for (let count = 0; count < 2000; count += 1) {
      const call = semaphore.acquire(signal, key)
      call.catch(() => {})
      all.push(call)
    }
    const accepted = all.slice(before).map((call) =>
      Promise.race([
        call.then(
          () => 1,
          () => 0,
        ),
        2,
      ]),
    )
    const waiting = (await Promise.all(accepted)).filter((state) => state === 2).length
    expect(waiting, key).toBeGreaterThan(50)
  }
})
