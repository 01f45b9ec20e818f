import { writeSync } from 'node:fs'

/*
 * Imported by a server whose memory a test measures, with `--expose-gc`: after a signal it writes the bytes that are in use.
 */
process.on('SIGUSR2', () => {
  // The second one waits until the buffers that the first one found are freed.
  global.gc?.()
  global.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  writeSync(1, `memory in use: ${heapUsed + external}\n`)
})
