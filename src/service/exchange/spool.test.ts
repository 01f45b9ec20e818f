import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EVERYTHING } from '../../model/principal.ts'
import { Spool, type SpoolCall, type SpooledDocument, type SpoolSettings } from './spool.ts'

const MEBIBYTE = 2 ** 20
const SETTINGS: SpoolSettings = {
  folder: undefined,
  maxDocumentBytes: 64 * MEBIBYTE,
  maxMemoryBytes: 16 * MEBIBYTE,
  maxTotalBytes: 96 * MEBIBYTE,
  maxCallerBytes: 80 * MEBIBYTE,
}
const spool = new Spool(SETTINGS)

function callOf(name: string, signal = new AbortController().signal): SpoolCall {
  return { signal, principal: { kind: 'service', name, permissions: EVERYTHING } }
}

async function* chunksOf(...chunks: Uint8Array[]) {
  yield* chunks
}

async function* mebibytes(count: number) {
  for (let index = 0; index < count; index += 1) yield new Uint8Array(MEBIBYTE)
}

/** The chunks, and then nothing: the caller neither sends more nor ends the document. */
async function* unfinished(...chunks: Uint8Array[]) {
  yield* chunks
  await new Promise(() => {})
}

async function read(content: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return chunks
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-spool-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('a document reads the same each time, for any sizes of its chunks', async () => {
  const size = fc.oneof(fc.constantFrom(0, 1, 65_535, 65_536, 65_537, 200_000), fc.nat(100))
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 60 }), async (sizes) => {
      const chunks = sizes.map((length, index) => new Uint8Array(length).fill(index))
      await using document = await spool.receive(chunksOf(...chunks), callOf('a'))
      for (let time = 0; time < 2; time += 1) {
        expect(Buffer.concat(await read(document.read())).equals(Buffer.concat(chunks))).toBe(true)
      }
    }),
  )
})

test('small chunks are joined, and empty chunks use no memory', async () => {
  async function* content() {
    for (let index = 0; index < 1_000_000; index += 1) yield new Uint8Array(index % 2)
  }
  await using document = await spool.receive(content(), callOf('a'))
  const chunks = await read(document.read())
  expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(500_000)
  expect(chunks.length).toBeLessThan(20)
})

test('a chunk that is part of a larger message does not keep the message in memory', async () => {
  const message = new Uint8Array(4 * MEBIBYTE)
  await using document = await spool.receive(chunksOf(message.subarray(0, 70_000)), callOf('a'))
  const [block] = await read(document.read())
  expect(block?.buffer.byteLength).toBeLessThan(140_001)
})

test('a document of one byte takes a kibibyte', async () => {
  await using document = await spool.receive(chunksOf(new Uint8Array(1)), callOf('a'))
  const [block] = await read(document.read())
  expect(block?.buffer.byteLength).toBe(1024)
})

describe('the sum of open documents', () => {
  const full = (setting: string) => ({
    code: 'resource_exhausted',
    reason: 'DOCUMENT_SPACE_EXHAUSTED',
    metadata: { setting },
    retryAfter: expect.any(Number),
  })

  test('is limited for each caller and for all, and room comes back when documents end', async () => {
    await using opened = new AsyncDisposableStack()
    const open = async (name: string, count: number): Promise<SpooledDocument> =>
      opened.use(await spool.receive(mebibytes(count), callOf(name)))
    const first = await open('a', 50)
    await expect(open('a', 31)).rejects.toMatchObject(full('LAUREL_SPOOL_CALLER_BYTES'))
    await open('a', 30)
    await expect(open('b', 17)).rejects.toMatchObject(full('LAUREL_SPOOL_TOTAL_BYTES'))
    await open('b', 16)
    await first[Symbol.asyncDispose]()
    await open('b', 50)
    await opened.disposeAsync()
    expect(spool.totalBytes).toBe(0)
  })

  test('above the memory for documents of its caller is in files', async () => {
    const folder = await temporaryFolder()
    const small = new Spool({ ...SETTINGS, folder: join(folder, 'none'), maxMemoryBytes: 12 * MEBIBYTE })
    await using first = await small.receive(mebibytes(2), callOf('a'))
    expect(await read(first.read())).toHaveLength(2)
    // The folder does not exist, so a document fails that needs a file.
    await expect(small.receive(mebibytes(2), callOf('a'))).rejects.toThrow('ENOENT')
    await using other = await small.receive(mebibytes(2), callOf('b'))
    expect(await read(other.read())).toHaveLength(2)
    await first[Symbol.asyncDispose]()
    await using second = await small.receive(mebibytes(2), callOf('a'))
    expect(await read(second.read())).toHaveLength(2)
  })
})

test.each([1, 20])('an abort ends the reading of %d MiB at once and frees their room', async (count) => {
  const folder = await temporaryFolder()
  const aborted = new Spool({ ...SETTINGS, folder })
  const controller = new AbortController()
  async function* content() {
    yield* mebibytes(count)
    setImmediate(() => controller.abort(new Error('cancelled')))
    yield* unfinished()
  }
  await expect(aborted.receive(content(), callOf('a', controller.signal))).rejects.toThrow('cancelled')
  expect(aborted.totalBytes).toBe(0)
  expect(await readdir(folder)).toEqual([])
})

test('a document above the limit frees its room', async () => {
  await expect(spool.receive(mebibytes(65), callOf('a'))).rejects.toMatchObject({
    reason: 'DOCUMENT_TOO_LARGE',
  })
  await expect(spool.receive(mebibytes(2), callOf('a'), MEBIBYTE)).rejects.toMatchObject({
    reason: 'DOCUMENT_TOO_LARGE',
    metadata: { maxBytes: String(MEBIBYTE) },
  })
  expect(spool.totalBytes).toBe(0)
})

test('a full folder fails the call with the setting to change, and is reported once', async (context) => {
  const folder = await temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    return context.skip(`no file system can be mounted here: ${(error as Error).message.trim()}`)
  }
  onTestFinished(() => void execFileSync('umount', [folder]))
  const reported: string[] = []
  const limited = new Spool({ ...SETTINGS, folder }, ({ message }) => reported.push(message))
  await expect(limited.receive(mebibytes(20), callOf('a'))).rejects.toMatchObject({
    code: 'resource_exhausted',
    reason: 'DOCUMENT_SPACE_EXHAUSTED',
    metadata: { setting: 'LAUREL_SPOOL_DIR' },
  })
  expect(reported).toEqual([expect.stringContaining('ENOSPC')])
  expect(limited.totalBytes).toBe(0)
  await using document = await limited.receive(mebibytes(9), callOf('a'))
  expect(await read(document.read())).not.toEqual([])
})
