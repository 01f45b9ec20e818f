const WINDOW_MILLISECONDS = 60_000
/** Kinds are made of methods and reasons, which are bounded; the oldest are forgotten beyond this number. */
const MAX_KINDS = 2_000

interface KindState {
  windowEnd: number
  /** Lines that the window still admits. */
  remaining: number
  omitted: number
}

/** Limits log lines by kind: the first ones of a minute are written, and one a minute while a storm of that kind lasts. */
export class StormLimit {
  readonly #linesPerMinute: number
  readonly #kinds = new Map<string, KindState>()

  constructor(linesPerMinute: number) {
    this.#linesPerMinute = linesPerMinute
  }

  /** Returns how many lines of this kind were omitted before this one; undefined if this one must be omitted too. */
  admit(kind: string, now = performance.now()): number | undefined {
    const state = this.#kinds.get(kind) ?? this.#add(kind)
    if (now >= state.windowEnd) {
      state.windowEnd = now + WINDOW_MILLISECONDS
      state.remaining = state.omitted > 0 ? 1 : this.#linesPerMinute
    }
    if (state.remaining === 0) {
      state.omitted += 1
      return undefined
    }
    state.remaining -= 1
    const { omitted } = state
    state.omitted = 0
    return omitted
  }

  #add(kind: string): KindState {
    const [oldest] = this.#kinds.keys()
    if (this.#kinds.size === MAX_KINDS && oldest !== undefined) this.#kinds.delete(oldest)
    const state = { windowEnd: 0, remaining: 0, omitted: 0 }
    this.#kinds.set(kind, state)
    return state
  }
}
