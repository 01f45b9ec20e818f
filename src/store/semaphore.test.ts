import { expect, test } from 'vitest'
import { Semaphore } from './semaphore.ts'

const { signal } = new AbortController()

/** Work that ends when it is told to. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { work: () => promise, end: resolve }
}

test('who waits comes in order, and who is too many is told so at once', async () => {
  const slots = new Semaphore(1, 2)
  const first = held()
  const order: number[] = []
  const running = slots.run(signal, first.work)
  const waiting = [1, 2].map((name) => slots.run(signal, async () => void order.push(name)))
  await expect(slots.run(signal, async () => order.push(3))).rejects.toMatchObject({
    code: 'resource_exhausted',
    reason: 'TOO_MANY_REQUESTS',
    retryAfter: 1,
  })
  first.end()
  await Promise.all([running, ...waiting])
  expect(order).toEqual([1, 2])
  expect(await slots.run(signal, async () => 'free again')).toBe('free again')
})

test('who goes away leaves the place to the next', async () => {
  const slots = new Semaphore(1, 1)
  const first = held()
  const running = slots.run(signal, first.work)
  const leaving = new AbortController()
  const left = slots.run(leaving.signal, async () => 'never')
  leaving.abort()
  await expect(left).rejects.toThrow('aborted')
  const next = slots.run(signal, async () => 'next')
  first.end()
  await running
  expect(await next).toBe('next')
})

test('work that fails gives its slot back', async () => {
  const slots = new Semaphore(1, 0)
  const failing = slots.run(signal, () => Promise.reject(new Error('broken')))
  await expect(failing).rejects.toThrow('broken')
  expect(await slots.run(signal, async () => 1)).toBe(1)
})
