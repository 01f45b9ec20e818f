import progress from 'cli-progress'
import { count, print } from './terminal.ts'

const LINE_INTERVAL_MILLISECONDS = 3_000

/** Shows progress on standard error: a bar on a terminal, a line every three seconds elsewhere. */
interface Display {
  /** @param total without which there is only the text */
  update(done: number, total: number | undefined, text: string): void
  stop(): void
}

export interface ImportMeter extends Disposable {
  sent(bytes: number): void
  entries(number: number): void
}

/** @param size in bytes, if it is known */
export function startImportMeter(size: number | undefined): ImportMeter {
  const display = startDisplay()
  let sentBytes = 0
  return {
    sent: (bytes) => {
      sentBytes += bytes
      display.update(sentBytes, size, `sent ${(sentBytes / 2 ** 20).toFixed(1)} MiB`)
    },
    entries: (number) => display.update(size ?? 0, size, count(number, 'entry', 'entries')),
    [Symbol.dispose]: () => display.stop(),
  }
}

export interface PullMeter extends Disposable {
  /** @param total of all pages, if the platform reports it */
  definitions(done: number, total: number | undefined): void
  players(done: number): void
}

/** @param playerCount if it is known */
export function startPullMeter(playerCount: number | undefined): PullMeter {
  const display = startDisplay()
  const show = (done: number, total: number | undefined, text: string) =>
    display.update(done, total, total === undefined ? text : `${text} of ${total}`)
  return {
    definitions: (done, total) => show(done, total, count(done, 'definition')),
    players: (done) => show(done, playerCount, count(done, 'player')),
    [Symbol.dispose]: () => display.stop(),
  }
}

export interface ByteMeter extends Disposable {
  readonly add: (bytes: number) => void
}

/** @param verb for the text: `loaded 3.1 MiB` */
export function startByteMeter(verb: string): ByteMeter {
  const display = startDisplay()
  let bytes = 0
  return {
    add: (more) => {
      bytes += more
      display.update(bytes, undefined, `${verb} ${(bytes / 2 ** 20).toFixed(1)} MiB`)
    },
    [Symbol.dispose]: () => display.stop(),
  }
}

export interface CountMeter extends Disposable {
  readonly update: (count: number) => void
}

/** @param one the word for one of the things that are counted */
export function startCountMeter(one: string): CountMeter {
  const display = startDisplay()
  return {
    update: (number) => display.update(number, undefined, count(number, one)),
    [Symbol.dispose]: () => display.stop(),
  }
}

export function startDisplay(): Display {
  return process.stderr.isTTY ? startBar() : startLines()
}

function startBar(): Display {
  let text = ''
  let hasTotal = false
  const bar = new progress.SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
    barsize: 30,
    format: (options, { progress: part }) =>
      hasTotal ? `${progress.Format.BarFormat(part, options)} ${text}` : text,
  })
  bar.start(1, 0)
  return {
    update(done, total, newText) {
      text = newText
      hasTotal = total !== undefined
      bar.setTotal(Math.max(1, total ?? done))
      bar.update(Math.min(done, bar.getTotal()))
    },
    stop: () => bar.stop(),
  }
}

function startLines(): Display {
  let last = performance.now()
  return {
    update(_done, _total, text) {
      if (performance.now() - last < LINE_INTERVAL_MILLISECONDS) return
      last = performance.now()
      print([text], process.stderr)
    },
    stop() {},
  }
}
