import type { Http2Session, Http2Stream } from 'node:http2'
import { types } from 'node:util'

/** More than the streams that are open on a busy connection; a stream whose slot is taken goes to a Map. A power of two. */
const SLOTS = 256

/** The members that `node:http2` uses of the Map of a session's open streams, and of the Set of those without an id. */
interface Streams {
  readonly size: number
  get(id: number): Http2Stream | undefined
  set(id: number, stream: Http2Stream): unknown
  delete(id: number): boolean
  forEach(visit: (stream: Http2Stream, id: number) => void): void
}

interface PendingStreams {
  readonly size: number
  add(stream: Http2Stream): unknown
  delete(stream: Http2Stream): boolean
  forEach(visit: (stream: Http2Stream) => void): void
}

/** The open streams of a session by their ids, which are odd and rise. */
export class StreamTable implements Streams {
  readonly #ids = new Uint32Array(SLOTS)
  readonly #streams = new Array<Http2Stream | undefined>(SLOTS).fill(undefined)
  readonly #others = new Map<number, Http2Stream>()
  #used = 0

  get size(): number {
    return this.#used + this.#others.size
  }

  get(id: number): Http2Stream | undefined {
    const slot = slotOf(id)
    return this.#ids[slot] === id ? this.#streams[slot] : this.#others.get(id)
  }

  set(id: number, stream: Http2Stream): void {
    const slot = slotOf(id)
    if (this.#ids[slot] === 0 && !this.#others.has(id)) {
      this.#ids[slot] = id
      this.#used += 1
    }
    if (this.#ids[slot] === id) this.#streams[slot] = stream
    else this.#others.set(id, stream)
  }

  delete(id: number): boolean {
    const slot = slotOf(id)
    if (this.#ids[slot] !== id) return this.#others.delete(id)
    this.#ids[slot] = 0
    this.#streams[slot] = undefined
    this.#used -= 1
    return true
  }

  /** Visits the streams that are open when it is called: visitors close them. */
  forEach(visit: (stream: Http2Stream, id: number) => void): void {
    const open = new Map(this.#others)
    for (const [slot, id] of this.#ids.entries()) {
      const stream = this.#streams[slot]
      if (stream !== undefined) open.set(id, stream)
    }
    open.forEach(visit)
  }
}

/** The streams that a session creates and that have no id yet: one at a time, but for pushed ones. */
class PendingList implements PendingStreams {
  readonly #streams: Http2Stream[] = []

  get size(): number {
    return this.#streams.length
  }

  add(stream: Http2Stream): void {
    this.#streams.push(stream)
  }

  delete(stream: Http2Stream): boolean {
    const index = this.#streams.lastIndexOf(stream)
    if (index >= 0) this.#streams.splice(index, 1)
    return index >= 0
  }

  forEach(visit: (stream: Http2Stream) => void): void {
    for (const stream of [...this.#streams]) visit(stream)
  }
}

/**
 * Replaces the tables that `node:http2` keeps of a session's streams, for the reason of `UnhashedSet`. They are private: if this
 * version of Node has others, they stay. Returns whether they were replaced.
 */
export function replaceStreamTables(session: Http2Session): boolean {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state')
  if (key === undefined) return false
  const state = (
    session as unknown as Record<symbol, { streams?: Streams; pendingStreams?: PendingStreams }>
  )[key]
  if (!types.isMap(state?.streams) || !types.isSet(state.pendingStreams)) return false
  const streams = new StreamTable()
  const pending = new PendingList()
  state.streams.forEach((stream, id) => {
    streams.set(id, stream)
  })
  state.pendingStreams.forEach((stream) => {
    pending.add(stream)
  })
  state.streams = streams
  state.pendingStreams = pending
  return true
}

function slotOf(id: number): number {
  return (id >>> 1) & (SLOTS - 1)
}
