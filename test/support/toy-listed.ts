import { afterAll, vi } from 'vitest'

/*
 * Lists the toy dialect for one test file, which imports this before anything else. Files of a worker share their modules: those
 * of this file are loaded anew, with the toy, and are not for the files after it.
 */
vi.resetModules()
await import('./with-toy.ts')
afterAll(() => {
  vi.resetModules()
})
