import cluster, { type Worker } from 'node:cluster'
import type { CollectMetrics } from './telemetry/metrics.ts'

/** A worker that does not respond within this time, because it is ending, is left out. */
const COLLECT_MILLISECONDS = 2_000

/** Sent by a worker that is scraped, to the parent. */
interface ScrapeMessage {
  readonly scrape: number
}

/** Sent by the parent to each worker. */
interface CollectMessage {
  readonly collect: number
}

/** The response to a CollectMessage. */
interface CollectedMessage {
  readonly collected: number
  readonly text: string
}

/** The response to a ScrapeMessage. */
interface ScrapedMessage {
  readonly scraped: number
  readonly texts: readonly string[]
}

type Message = Partial<ScrapeMessage & CollectMessage & CollectedMessage & ScrapedMessage>

/** Lets each worker serve the metrics of all: a scrape reaches one of them. Called in the parent process. */
export function shareMetrics(): void {
  const collected = new Map<number, (text: string) => void>()
  let nextCollect = 0

  function collectFrom(worker: Worker): Promise<string | undefined> {
    nextCollect += 1
    const collect = nextCollect
    return new Promise((resolve) => {
      const timer = setTimeout(() => collected.delete(collect) && resolve(undefined), COLLECT_MILLISECONDS)
      collected.set(collect, (text) => {
        clearTimeout(timer)
        collected.delete(collect)
        resolve(text)
      })
      send(worker, { collect })
    })
  }

  cluster.on('message', async (worker, message: Message) => {
    if (message.collected !== undefined) collected.get(message.collected)?.(message.text ?? '')
    if (message.scrape === undefined) return
    const workers = Object.values(cluster.workers ?? {}).filter((running) => running !== undefined)
    const texts = (await Promise.all(workers.map(collectFrom))).filter((text) => text !== undefined)
    send(worker, { scraped: message.scrape, texts })
  })
}

/** Returns a function that returns the metrics of all workers, in a worker; `collect` returns this worker's. */
export function metricsOfWorkers(collect: CollectMetrics): CollectMetrics {
  const scraped = new Map<number, (text: string) => void>()
  let nextScrape = 0
  process.on('message', async (message: Message) => {
    if (message.scraped !== undefined) {
      scraped.get(message.scraped)?.(mergeMetrics(message.texts ?? []))
      scraped.delete(message.scraped)
    }
    if (message.collect === undefined) return
    const text = await collect()
    process.send?.({ collected: message.collect, text } satisfies CollectedMessage)
  })
  return () => {
    nextScrape += 1
    const scrape = nextScrape
    return new Promise((resolve) => {
      scraped.set(scrape, resolve)
      process.send?.({ scrape } satisfies ScrapeMessage)
    })
  }
}

/** Merges texts in the Prometheus format, because a metric's samples must stand together, below one head. */
function mergeMetrics(texts: readonly string[]): string {
  const families = new Map<string, { readonly head: string[]; readonly samples: string[] }>()
  for (const text of texts) {
    let family = { head: [] as string[], samples: [] as string[] }
    for (const line of text.split('\n')) {
      const [, kind, name = ''] = /^# (HELP|TYPE|UNIT) (\S+)/.exec(line) ?? []
      if (kind === undefined) {
        if (line !== '') family.samples.push(line)
        continue
      }
      family = families.get(name) ?? { head: [], samples: [] }
      families.set(name, family)
      if (!family.head.includes(line)) family.head.push(line)
    }
  }
  return [...families.values()].flatMap(({ head, samples }) => [...head, ...samples, '']).join('\n')
}

/** A worker may have ended meanwhile. */
function send(worker: Worker, message: CollectMessage | ScrapedMessage): void {
  if (worker.isConnected()) worker.send(message, () => {})
}
