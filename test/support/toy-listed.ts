import { afterAll, vi } from 'vitest'

/*
 * Lists the toy dialect for one test file, which imports this before anything else. Files of a worker share their modules: this
 * file gets its own instances, with the toy, and the files after it get theirs, without.
 */
vi.resetModules()
await import('./with-toy.ts')
afterAll(() => {
  vi.resetModules()
})
