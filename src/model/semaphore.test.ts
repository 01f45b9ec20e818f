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
  const semaphore = new Semaphore(1, 2)
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
  const semaphore = new Semaphore(1, 1)
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
