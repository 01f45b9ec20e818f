import { expect, test } from 'vitest'
import { openFile } from './open-sources.ts'

test.each([
  [
    '/dev/null',
    'is a pipe or a device, which cannot be read from a position: give - and send it to standard input',
  ],
  [import.meta.dirname, 'is a folder, and not a file'],
  [`${import.meta.dirname}/none`, 'cannot read'],
])('%s is refused with advice', async (path, message) => {
  await expect(openFile(path, new AsyncDisposableStack())).rejects.toThrow(message)
})
