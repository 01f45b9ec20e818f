import progress from 'cli-progress'
import { count, print } from '../report.ts'

/** Says how far a pull is, on standard error. */
export interface PullMeter extends Disposable {
  /** @param total of all pages, where the platform says so */
  definitions(done: number, total: number | undefined): void
  players(done: number): void
}

const PLAIN_EVERY_MILLISECONDS = 3_000

/**
 * A bar on a terminal, now and then a line elsewhere.
 * @param players how many there are, where that is known
 */
export function startPullMeter(players: number | undefined): PullMeter {
  const show = process.stderr.isTTY ? startBar() : startLines()
  return {
    definitions: (done, total) => show.update(done, total, count(done, 'definition')),
    players: (done) => show.update(done, players, count(done, 'player')),
    [Symbol.dispose]: () => show.stop(),
  }
}

function startBar() {
  let text = ''
  let whole: number | undefined
  const bar = new progress.SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
    barsize: 30,
    format: (options, { progress: part }) =>
      whole === undefined ? text : `${progress.Format.BarFormat(part, options)} ${text} of ${whole}`,
  })
  bar.start(1, 0)
  return {
    update(done: number, total: number | undefined, said: string) {
      text = said
      whole = total
      bar.setTotal(Math.max(1, total ?? done))
      bar.update(done)
    },
    stop: () => bar.stop(),
  }
}

function startLines() {
  let last = performance.now()
  return {
    update(_done: number, total: number | undefined, said: string) {
      if (performance.now() - last < PLAIN_EVERY_MILLISECONDS) return
      last = performance.now()
      print([total === undefined ? said : `${said} of ${total}`], process.stderr)
    },
    stop() {},
  }
}
