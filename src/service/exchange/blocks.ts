/** Smaller chunks are joined. */
const BLOCK_BYTES = 64 * 1024
const FIRST_BLOCK_BYTES = 1024

/**
 * Joins small chunks: a chunk of one byte needs two hundred in memory, or a write of its own. Blocks grow with the document, and
 * no block keeps memory beyond itself: a chunk may be a small part of its message. An abort ends the reading at once, although
 * the source may be silent.
 */
export async function* blocksOf(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = content[Symbol.asyncIterator]()
  let block = Buffer.allocUnsafeSlow(0)
  let length = 0
  let size = 0
  for (;;) {
    const step = await nextOf(iterator, signal)
    if (step.done) break
    const chunk = step.value
    if (length + chunk.length > block.length) {
      if (length > 0) yield block.subarray(0, length)
      const capacity = Math.min(BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, size, chunk.length))
      block = Buffer.allocUnsafeSlow(chunk.length < BLOCK_BYTES ? capacity : 0)
      length = 0
    }
    size += chunk.length
    if (chunk.length >= BLOCK_BYTES)
      yield chunk.buffer.byteLength > 2 * chunk.length ? new Uint8Array(chunk) : chunk
    else {
      block.set(chunk, length)
      length += chunk.length
    }
  }
  if (length > 0) yield block.subarray(0, length)
}

function nextOf<Value>(iterator: AsyncIterator<Value>, signal: AbortSignal): Promise<IteratorResult<Value>> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}
