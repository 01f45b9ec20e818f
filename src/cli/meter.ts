import progress from 'cli-progress'
import { count, print } from './report.ts'

/** Says how far a long import is, on standard error. */
export interface Meter extends Disposable {
  sent(bytes: number): void
  entries(number: number): void
}

const PLAIN_EVERY_MILLISECONDS = 3_000

/** `size` in bytes, when it is known. A bar on a terminal, now and then a line elsewhere. */
export function startMeter(size: number | undefined): Meter {
  return process.stderr.isTTY ? barMeter(size) : lineMeter()
}

function barMeter(size: number | undefined): Meter {
  let text = ''
  const bar = new progress.SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
    barsize: 30,
    format: (options, { progress: part }) =>
      size === undefined ? text : `${progress.Format.BarFormat(part, options)} ${text}`,
  })
  bar.start(Math.max(1, size ?? 1), 0)
  let done = 0
  return {
    sent: (bytes) => {
      done += bytes
      text = `sent ${megabytes(done)}`
      bar.update(Math.min(done, bar.getTotal()))
    },
    entries: (number) => {
      text = count(number, 'entry', 'entries')
      bar.update(bar.getTotal())
    },
    [Symbol.dispose]: () => bar.stop(),
  }
}

function lineMeter(): Meter {
  let last = performance.now()
  let done = 0
  const say = (text: () => string) => {
    if (performance.now() - last < PLAIN_EVERY_MILLISECONDS) return
    last = performance.now()
    print([text()], process.stderr)
  }
  return {
    sent: (bytes) => {
      done += bytes
      say(() => `sent ${megabytes(done)}`)
    },
    entries: (number) => say(() => count(number, 'entry', 'entries')),
    [Symbol.dispose]: () => {},
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
