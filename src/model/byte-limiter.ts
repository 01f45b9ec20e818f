/**
 * Limits the bytes that keys, such as callers, hold in memory. A key may hold as many bytes as are free, so that one key alone
 * takes at most half of them, and there is always room for another.
 */
export class ByteLimiter {
  #free: number
  readonly #reserved = new Map<string, number>()

  constructor(maxBytes: number) {
    this.#free = maxBytes
  }

  /** Takes bytes, to be released. Returns whether the key may hold so many more. */
  tryAcquire(key: string, bytes: number, maxBytesOfKey: number): boolean {
    const reserved = (this.#reserved.get(key) ?? 0) + bytes
    if (reserved > Math.min(maxBytesOfKey, this.#free)) return false
    this.#free -= bytes
    this.#reserved.set(key, reserved)
    return true
  }

  release(key: string, bytes: number): void {
    this.#free += bytes
    const left = (this.#reserved.get(key) ?? 0) - bytes
    if (left > 0) this.#reserved.set(key, left)
    else this.#reserved.delete(key)
  }
}
