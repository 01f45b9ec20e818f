import { type Duplex, Readable } from 'node:stream'

/** Yields what a stream makes of content. An error of the content ends both. */
export async function* piped(content: AsyncIterable<Uint8Array>, stream: Duplex): AsyncGenerator<Uint8Array> {
  const source = Readable.from(content, { objectMode: false })
  source.on('error', (error) => stream.destroy(error))
  try {
    for await (const chunk of source.pipe(stream) as AsyncIterable<Buffer>) yield chunk
  } finally {
    source.destroy()
    stream.destroy()
  }
}
