import { EventSource } from 'eventsource'
import { EVENT_KINDS } from '../../src/model/event.ts'

export interface ReceivedEvent {
  /** The browser's `lastEventId`. */
  readonly token: string
  readonly kind: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface EventSourceSettings {
  readonly query: readonly (readonly [string, string])[]
  readonly headers?: Readonly<Record<string, string>>
}

/** A watch through EventSource: it reconnects by itself, as a browser does. */
export class BrowserWatch implements Disposable {
  readonly events: ReceivedEvent[] = []
  /** The data of each `end` message. */
  readonly ends: Readonly<Record<string, unknown>>[] = []
  /** How many connections were opened. */
  opened = 0
  /** The status that stopped it from reconnecting; undefined while it goes on. */
  gaveUp: number | undefined
  /** The Last-Event-ID header of each request. */
  readonly lastEventIds: (string | undefined)[] = []
  readonly #source: EventSource
  #changed = Promise.withResolvers<void>()

  constructor(url: string, { query, headers = {} }: EventSourceSettings) {
    const parameters = new URLSearchParams()
    for (const [name, value] of query) parameters.append(name, value)
    const address = `${url}/events?${parameters}`
    this.#source = new EventSource(address, {
      fetch: (input, init) => {
        this.lastEventIds.push(init.headers['Last-Event-ID'])
        return fetch(input, { ...init, headers: { ...init.headers, ...headers } })
      },
    })
    for (const kind of EVENT_KINDS) {
      this.#source.addEventListener(kind, ({ data, lastEventId }) => {
        this.events.push({ token: lastEventId, kind, data: JSON.parse(data) })
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
    return this.events.map(({ data }) => data['event_id'])
  }

  /** Waits for a condition, up to the test's timeout; fails if the watch gives up first. */
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

/** Starts a watch and waits until it is open, so that later events are received. */
export function openWatch(url: string, settings: EventSourceSettings): Promise<BrowserWatch> {
  return new BrowserWatch(url, settings).until(({ opened }) => opened > 0)
}
