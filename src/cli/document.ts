import { createReadStream } from 'node:fs'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import { getSystemErrorMessage } from 'node:util'
import type { Loss } from '../dialect/losses.ts'
import { formatJson } from '../model/exact-json.ts'
import { Failure } from './failure.ts'
import { LossTally } from './losses.ts'
import { count, print } from './terminal.ts'

export interface InputDocument extends Disposable {
  /** In bytes; undefined for standard input. */
  readonly size: number | undefined
  readonly chunks: AsyncIterable<Uint8Array>
}

const CHUNK_BYTES = 64 * 1024

/**
 * Opens a file, or standard input for `-`, to be read in chunks of at most 64 KiB.
 * @throws Failure if the file cannot be read.
 */
export async function openInput(file: string, signal: AbortSignal): Promise<InputDocument> {
  const found =
    file === '-' ? undefined : await stat(file).catch((error: Error) => cannot('read', file, error))
  if (found?.isDirectory())
    throw new Failure([`cannot read ${file}: it is a folder, and a document is one file`])
  const stream = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES })
  addAbortSignal(signal, stream)
  return {
    size: found?.isFile() ? found.size : undefined,
    chunks: chunksOf(stream, file === '-' ? 'standard input' : file),
    [Symbol.dispose]: () => void stream.destroy(),
  }
}

async function* chunksOf(stream: Readable, name: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += CHUNK_BYTES) yield chunk.subarray(at, at + CHUNK_BYTES)
    }
  } catch (error) {
    cannot('read', name, error as Error)
  }
}

/** Part of a document, and the losses of its translation. */
export interface DocumentPart {
  readonly content?: Uint8Array
  readonly losses: readonly Loss[]
  /** In the last part only. */
  readonly summary?: {
    readonly entryCount: number
    readonly lossCount: number
    readonly createdIdCount: number
  }
}

export interface WriteOptions {
  /** The file to write; undefined for standard output. */
  readonly out: string | undefined
  /** Whether summary and losses are written as JSON. */
  readonly json: boolean
}

/** Writes a document to its file or to standard output, and its losses to standard error. */
export async function writeDocument(
  parts: AsyncIterable<DocumentPart>,
  { out, json }: WriteOptions,
): Promise<void> {
  const tally = new LossTally(json)
  let summary: DocumentPart['summary']
  await using output = await openOutput(out)
  for await (const part of parts) {
    if (part.content !== undefined) await output.write(part.content)
    tally.add(part.losses)
    summary = part.summary
  }
  if (summary === undefined) throw new Failure(['the document was cut short: try again'])
  await output.finish()
  const { entryCount, lossCount, createdIdCount } = summary
  if (json)
    print(
      [formatJson({ summary: { entryCount, lossCount, createdIdCount }, losses: tally.json() })],
      process.stderr,
    )
  else if (out !== undefined)
    print([`wrote ${count(entryCount, 'entry', 'entries')} to ${out}`], process.stderr)
  if (json) return
  print(tally.lines(), process.stderr)
  if (createdIdCount > 0) {
    const ids = count(createdIdCount, 'achievement had no id', 'achievements had no ids')
    print([`${ids} in the dialect: created and stored, so that later exports write the same`], process.stderr)
  }
}

/** A file appears as a whole when it is finished, or not at all; to a pipe it goes in pieces. */
interface OutputDocument extends AsyncDisposable {
  write(chunk: Uint8Array): Promise<void>
  finish(): Promise<void>
}

export async function openOutput(file: string | undefined): Promise<OutputDocument> {
  if (file === undefined) return standardOutput()
  const found = await stat(file).catch(() => undefined)
  if (found?.isDirectory()) throw new Failure([`cannot write ${file}: it is a folder`])
  // A device or a pipe must not be replaced by a file.
  if (found !== undefined && !found.isFile()) return directOutput(file, await openToWrite(file, file))
  const target = found === undefined ? file : await realpath(file)
  const part = `${target}.part`
  const handle = await openToWrite(part, file)
  const publish = async () => {
    await handle.sync()
    await handle.close()
    await rename(part, target)
  }
  let isFinished = false
  return {
    write: (chunk) => handle.writeFile(chunk).catch((error: Error) => cannot('write', file, error)),
    finish: async () => {
      await publish().catch((error: Error) => cannot('write', file, error))
      isFinished = true
    },
    [Symbol.asyncDispose]: async () => {
      if (isFinished) return
      await handle.close()
      await rm(part, { force: true })
    },
  }
}

function directOutput(file: string, handle: FileHandle): OutputDocument {
  return {
    write: (chunk) => handle.writeFile(chunk).catch((error: Error) => cannot('write', file, error)),
    finish: async () => {},
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

function standardOutput(): OutputDocument {
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()))
      }),
    finish: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

/** @param file the file that the user named, for the message of a failure */
function openToWrite(path: string, file: string): Promise<FileHandle> {
  return open(path, 'w').catch((error: Error) => cannot('write', file, error))
}

function cannot(verb: 'read' | 'write', file: string, error: NodeJS.ErrnoException): never {
  if (error.name === 'AbortError') throw error
  throw new Failure([`cannot ${verb} ${file}: ${reasonOf(error)}`], error)
}

/** The system's own message has a path in it, which may be that of the temporary file. */
function reasonOf({ code, errno, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file or folder'
  return errno === undefined ? message : getSystemErrorMessage(errno)
}
