import { createReadStream } from 'node:fs'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import { getSystemErrorMessage } from 'node:util'
import { Failure } from './failure.ts'

export interface InputDocument extends Disposable {
  /** In bytes; undefined for standard input. */
  readonly size: number | undefined
  readonly chunks: AsyncIterable<Uint8Array>
}

const CHUNK_BYTES = 64 * 1024

/**
 * A file, or standard input for `-`, in chunks of at most 64 KiB.
 * @throws Failure when there is no such file.
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

/** Where a document is written to: all of it appears at once when it is finished, or nothing of it. */
export interface OutputDocument extends AsyncDisposable {
  write(chunk: Uint8Array): Promise<void>
  finish(): Promise<void>
}

/** A file, or standard output when there is none; only a pipe shows what was written before a failure. */
export async function openOutput(file: string | undefined): Promise<OutputDocument> {
  if (file === undefined) return standardOutput()
  const found = await stat(file).catch(() => undefined)
  if (found?.isDirectory()) throw new Failure([`cannot write ${file}: it is a folder`])
  // A device or a pipe must not be replaced by a file.
  if (found !== undefined && !found.isFile()) return straightInto(file, await openFile(file, file))
  const target = found === undefined ? file : await realpath(file)
  const part = `${target}.part`
  const handle = await openFile(part, file)
  const publish = async () => {
    await handle.sync()
    await handle.close()
    await rename(part, target)
  }
  let finished = false
  return {
    write: (chunk) => handle.writeFile(chunk).catch((error: Error) => cannot('write', file, error)),
    finish: async () => {
      await publish().catch((error: Error) => cannot('write', file, error))
      finished = true
    },
    [Symbol.asyncDispose]: async () => {
      if (finished) return
      await handle.close()
      await rm(part, { force: true })
    },
  }
}

function straightInto(file: string, handle: FileHandle): OutputDocument {
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

/** Opens what stands for a file; a failure names the file that was asked for. */
function openFile(path: string, file: string): Promise<FileHandle> {
  return open(path, 'w').catch((error: Error) => cannot('write', file, error))
}

function cannot(verb: 'read' | 'write', file: string, error: NodeJS.ErrnoException): never {
  if (error.name === 'AbortError') throw error
  throw new Failure([`cannot ${verb} ${file}: ${reasonOf(error)}`], error)
}

/** Without the path, which the system's own message has and which may be another one. */
function reasonOf({ code, errno, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file or folder'
  return errno === undefined ? message : getSystemErrorMessage(errno)
}
