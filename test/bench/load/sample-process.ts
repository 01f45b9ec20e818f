/** Preloaded into a server: appends a sample to the file in its own URL's query each second, as a line of JSON. */
import { appendFileSync } from 'node:fs'
import { constants, monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'

interface CollectionEntry extends PerformanceEntry {
  readonly detail: { readonly kind: number }
}

/** Milliseconds of one second of a process. */
export interface ProcessSample {
  /** The time that each major collection stopped the process. */
  readonly majors: readonly number[]
  readonly minors: number
  readonly longestMinor: number
  /** The longest time in which the event loop served nothing. */
  readonly longestStall: number
  readonly heapMebibytes: number
}

const RESOLUTION = 2
const file = new URL(import.meta.url).search.slice(1)
const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
let majors: number[] = []
let minors: number[] = []

if (file !== '') {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration, detail } = entry as CollectionEntry
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) majors.push(duration)
      else if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) minors.push(duration)
    }
  }).observe({ entryTypes: ['gc'] })
  delay.enable()
  setInterval(sample, 1000).unref()
}

function sample(): void {
  const line: ProcessSample = {
    majors,
    minors: minors.length,
    longestMinor: Math.max(0, ...minors),
    longestStall: delay.max / 1e6 - RESOLUTION,
    heapMebibytes: process.memoryUsage().heapUsed / 2 ** 20,
  }
  majors = []
  minors = []
  delay.reset()
  appendFileSync(file, `${JSON.stringify(line)}\n`)
}
