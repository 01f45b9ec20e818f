import { ByteLimiter } from '../../model/byte-limiter.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Call } from '../call.ts'
import { callerOf } from '../call-limiter.ts'
import { blocksOf } from './blocks.ts'
import { isFolderFull, openTemporaryFile, type TemporaryFile } from './temporary-file.ts'

/** The memory that one caller's open documents may take. Others are written to temporary files. */
const MAX_CALLER_MEMORY_BYTES = 2 * 2 ** 20
const RETRY_SECONDS = 5

/** Limits of this process. */
export interface SpoolSettings {
  /** The folder of temporary files; undefined for the system's. */
  readonly folder: string | undefined
  readonly maxDocumentBytes: number
  /** The sum in memory of all open documents. Beyond it, small documents are written to files too. */
  readonly maxMemoryBytes: number
  /** The sum in memory and in files of all open documents. */
  readonly maxTotalBytes: number
  /** The same of one caller's documents. */
  readonly maxCallerBytes: number
}

/** A document that can be read more than once: first to check it, then to write it. */
export interface SpooledDocument extends AsyncDisposable {
  read(): AsyncIterable<Uint8Array>
}

/** The parts of a call that the spool needs. */
export type SpoolCall = Pick<Call, 'signal' | 'principal'>

/** Holds the documents of running calls, in memory or in temporary files, within limits of all and of each caller. */
export class Spool {
  readonly #settings: SpoolSettings
  readonly #onFolderFull: (error: Error) => void
  readonly #memory: ByteLimiter
  #totalBytes = 0
  readonly #callerBytes = new Map<string, number>()

  constructor(settings: SpoolSettings, onFolderFull: (error: Error) => void = () => {}) {
    this.#settings = settings
    this.#memory = new ByteLimiter(settings.maxMemoryBytes)
    this.#onFolderFull = onFolderFull
  }

  /** The bytes of all open documents. */
  get totalBytes(): number {
    return this.#totalBytes
  }

  /**
   * Reads a document to its end. An abort of the call ends the reading at once.
   * @throws LaurelError DOCUMENT_TOO_LARGE above the limit; DOCUMENT_SPACE_EXHAUSTED if the open documents leave no room.
   */
  async receive(
    content: AsyncIterable<Uint8Array>,
    { signal, principal }: SpoolCall,
    maxBytes = this.#settings.maxDocumentBytes,
  ): Promise<SpooledDocument> {
    const document = new OpenDocument(this, callerOf(principal))
    try {
      for await (const block of blocksOf(content, signal)) {
        if (document.size + block.length > maxBytes) throw this.#tooLarge(maxBytes)
        await document.add(block)
      }
      return document
    } catch (error) {
      await document[Symbol.asyncDispose]()
      throw error
    }
  }

  /** @throws LaurelError DOCUMENT_SPACE_EXHAUSTED */
  reserve(caller: string, bytes: number): void {
    const { maxTotalBytes, maxCallerBytes } = this.#settings
    const ofCaller = (this.#callerBytes.get(caller) ?? 0) + bytes
    if (ofCaller > maxCallerBytes)
      throw spaceExhausted(
        `your open documents are more than ${maxCallerBytes} bytes`,
        'LAUREL_SPOOL_CALLER_BYTES',
      )
    if (this.#totalBytes + bytes > maxTotalBytes)
      throw spaceExhausted(
        `all open documents are more than ${maxTotalBytes} bytes`,
        'LAUREL_SPOOL_TOTAL_BYTES',
      )
    this.#totalBytes += bytes
    this.#callerBytes.set(caller, ofCaller)
  }

  release(caller: string, bytes: number): void {
    this.#totalBytes -= bytes
    const left = (this.#callerBytes.get(caller) ?? 0) - bytes
    if (left > 0) this.#callerBytes.set(caller, left)
    else this.#callerBytes.delete(caller)
  }

  /** Returns false if the memory is taken, or the caller's share. */
  reserveMemory(caller: string, bytes: number): boolean {
    return this.#memory.tryAcquire(caller, bytes, MAX_CALLER_MEMORY_BYTES)
  }

  releaseMemory(caller: string, bytes: number): void {
    this.#memory.release(caller, bytes)
  }

  openFile(): Promise<TemporaryFile> {
    return openTemporaryFile(this.#settings.folder)
  }

  /** Returns the error for a write that failed. */
  writeError(error: unknown): unknown {
    if (!isFolderFull(error)) return error
    this.#onFolderFull(error as Error)
    return spaceExhausted('the folder of temporary documents is full', 'LAUREL_SPOOL_DIR')
  }

  #tooLarge(maxBytes: number): LaurelError {
    const isSetting = maxBytes === this.#settings.maxDocumentBytes
    const remedy = isSetting
      ? 'send a smaller document or raise LAUREL_MAX_DOCUMENT_BYTES'
      : 'send a smaller document'
    const message = `the document is larger than ${maxBytes} bytes, the limit of this server${isSetting ? '' : ' for players'}: ${remedy}`
    return new LaurelError('resource_exhausted', 'DOCUMENT_TOO_LARGE', message, {
      metadata: { maxBytes: String(maxBytes) },
    })
  }
}

/** An open document: in memory first, and in a file once it is large or the memory is taken. */
class OpenDocument implements SpooledDocument {
  readonly #spool: Spool
  readonly #caller: string
  readonly #blocks: Uint8Array[] = []
  #memoryBytes = 0
  #file: TemporaryFile | undefined
  size = 0

  constructor(spool: Spool, caller: string) {
    this.#spool = spool
    this.#caller = caller
  }

  async add(block: Uint8Array): Promise<void> {
    this.#spool.reserve(this.#caller, block.length)
    this.size += block.length
    if (this.#file === undefined && this.#spool.reserveMemory(this.#caller, block.length)) {
      this.#memoryBytes += block.length
      this.#blocks.push(block)
      return
    }
    try {
      this.#file ??= await this.#spool.openFile()
      for (const earlier of this.#blocks.splice(0)) await this.#file.write(earlier)
      this.#releaseMemory()
      await this.#file.write(block)
    } catch (error) {
      throw this.#spool.writeError(error)
    }
  }

  read(): AsyncIterable<Uint8Array> {
    return this.#file?.read() ?? inMemory(this.#blocks)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#releaseMemory()
    this.#blocks.length = 0
    this.#spool.release(this.#caller, this.size)
    this.size = 0
    await this.#file?.remove()
  }

  #releaseMemory(): void {
    this.#spool.releaseMemory(this.#caller, this.#memoryBytes)
    this.#memoryBytes = 0
  }
}

async function* inMemory(blocks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* blocks
}

function spaceExhausted(problem: string, setting: string): LaurelError {
  const message = `${problem}, the limit of this server: try again when other calls have ended, or raise ${setting}`
  return new LaurelError('resource_exhausted', 'DOCUMENT_SPACE_EXHAUSTED', message, {
    metadata: { setting },
    retryAfter: RETRY_SECONDS,
  })
}
