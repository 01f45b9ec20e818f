/** Yields content without its first bytes. */
export async function* contentFrom(
  content: AsyncIterable<Uint8Array>,
  skippedBytes: number,
): AsyncGenerator<Uint8Array> {
  let remaining = skippedBytes
  for await (const piece of content) {
    if (piece.length > remaining) yield remaining === 0 ? piece : piece.subarray(remaining)
    remaining = Math.max(0, remaining - piece.length)
  }
}
