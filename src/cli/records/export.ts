import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { PassThrough, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip, createZstdCompress } from 'node:zlib'
import { readProcessClientConfig } from '../../config.ts'
import { ExchangeServiceClient } from '../../gen/laurel/v1/exchange_service.ts'
import { connect, responsesOf } from '../client.ts'
import { Failure } from '../failure.ts'
import { startByteMeter } from '../meter.ts'
import { print } from '../terminal.ts'

/** Writes an export. A file has its name only when it is whole. */
export async function runExport(
  titleIds: readonly string[],
  out: string,
  signal: AbortSignal,
): Promise<void> {
  using client = await connect(ExchangeServiceClient, readProcessClientConfig())
  using meter = startByteMeter('read')
  async function* content() {
    let last: Buffer = Buffer.alloc(0)
    for await (const piece of responsesOf(() => client.exportRecords({ titleIds: [...titleIds] }), signal)) {
      meter.add(piece.content.length)
      last = Buffer.concat([last, piece.content]).subarray(-MAX_END_BYTES)
      yield piece.content
    }
    if (!last.includes('\n{"kind":"end",'))
      throw new Failure(['the export was cut short: run the command again'])
  }
  if (out === '-') {
    await pipeline(content, process.stdout, { end: false })
    return
  }
  const unfinished = `${out}.unfinished`
  const file = createWriteStream(unfinished, { flush: true })
  try {
    await pipeline(content, compressor(out), file as Writable, { signal })
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  await rename(unfinished, out)
  print([`${out} is the whole export`])
}

/** More than the last line has. */
const MAX_END_BYTES = 4096

function compressor(path: string) {
  if (/\.gz$/i.test(path)) return createGzip()
  return /\.zst$/i.test(path) ? createZstdCompress() : new PassThrough()
}
