import { EventSource } from 'eventsource'
import { EVENT_KINDS } from '../../src/model/event.ts'

export interface ToldEvent {
  /** The browser's `lastEventId`. */
  readonly token: string
  readonly kind: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface EventSourceSettings {
  readonly query: readonly (readonly [string, string])[]
  readonly headers?: Readonly<Record<string, string>>
}

/** A watch as a browser would have it: it connects again by itself, as the standard says. */
export class BrowserWatch implements Disposable {
  readonly told: ToldEvent[] = []
  /** What streams ended with. */
  readonly ends: Readonly<Record<string, unknown>>[] = []
  /** How often it was connected. */
  opened = 0
  /** Why it gave up; undefined while it goes on. */
  gaveUp: number | undefined
  /** What it said of where it was, each time it asked. */
  readonly asked: (string | undefined)[] = []
  readonly #source: EventSource
  #changed = Promise.withResolvers<void>()

  constructor(url: string, { query, headers = {} }: EventSourceSettings) {
    const parameters = new URLSearchParams()
    for (const [name, value] of query) parameters.append(name, value)
    const address = `${url}/events?${parameters}`
    this.#source = new EventSource(address, {
      fetch: (input, init) => {
        this.asked.push(init.headers['Last-Event-ID'])
        return fetch(input, { ...init, headers: { ...init.headers, ...headers } })
      },
    })
    for (const kind of EVENT_KINDS) {
      this.#source.addEventListener(kind, ({ data, lastEventId }) => {
        this.told.push({ token: lastEventId, kind, data: JSON.parse(data) })
        this.#change()
      })
    }
    this.#source.addEventListener('end', ({ data }) => {
      this.ends.push(JSON.parse(data))
      this.#change()
    })
    this.#source.onopen = () => {
      this.opened += 1
      this.#change()
    }
    this.#source.onerror = ({ code }) => {
      if (this.#source.readyState === EventSource.CLOSED) this.gaveUp = code ?? 0
      this.#change()
    }
  }

  get ids(): readonly unknown[] {
    return this.told.map(({ data }) => data['event_id'])
  }

  /** Waits until it is so; the test's own timeout is the bound. Fails when the watch gives up before. */
  async until(isSo: (watch: BrowserWatch) => boolean): Promise<this> {
    while (!isSo(this)) {
      if (this.gaveUp !== undefined) throw new Error(`the watch gave up at status ${this.gaveUp}`)
      await this.#changed.promise
    }
    return this
  }

  [Symbol.dispose](): void {
    this.#source.close()
  }

  #change(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

/** Starts a watch, and waits until it is open: what happens from here on is told. */
export function openWatch(url: string, settings: EventSourceSettings): Promise<BrowserWatch> {
  return new BrowserWatch(url, settings).until(({ opened }) => opened > 0)
}
