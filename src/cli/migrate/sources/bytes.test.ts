import { randomBytes } from 'node:crypto'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { decompressed } from './bytes.ts'

const HALF = Buffer.from('player,achievement\n'.repeat(30))
const WHOLE = Buffer.concat([HALF, HALF])
const SKIPPABLE = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4])
const zstd = (bytes: Buffer, params = {}) => zstdCompressSync(bytes, { params })
const WITH_CHECKSUM = { [constants.ZSTD_c_checksumFlag]: 1 }
const WITHOUT_SIZE = { [constants.ZSTD_c_contentSizeFlag]: 0 }
const LARGE = Buffer.concat([randomBytes(300_000), Buffer.alloc(300_000, 'a')])

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

async function read(name: string, bytes: Buffer, size = bytes.length): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(decompressed(name, chunksOf(bytes, size))))
}

test.each<[string, string, Buffer, Buffer]>([
  ['one gzip member', 'a.gz', gzipSync(WHOLE), WHOLE],
  ['several gzip members', 'a.gz', Buffer.concat([gzipSync(HALF), gzipSync(HALF)]), WHOLE],
  ['one frame', 'a.zst', zstd(WHOLE), WHOLE],
  ['several frames', 'a.zst', Buffer.concat([zstd(HALF, WITH_CHECKSUM), zstd(HALF, WITHOUT_SIZE)]), WHOLE],
  ['skippable frames', 'a.zst', Buffer.concat([SKIPPABLE, zstd(HALF), SKIPPABLE, zstd(HALF)]), WHOLE],
  ['an empty frame', 'a.zst', Buffer.concat([zstd(Buffer.alloc(0)), zstd(WHOLE)]), WHOLE],
  ['many blocks', 'a.zst', Buffer.concat([zstd(LARGE), zstd(LARGE)]), Buffer.concat([LARGE, LARGE])],
])('decompresses %s, however the bytes are divided', async (_, name, bytes, expected) => {
  for (const size of [bytes.length, 7, 4_099])
    expect((await read(name, bytes, size)).equals(expected)).toBe(true)
})

test('fails for a Zstandard file that is cut within a frame, is no such file, or has other bytes after it', async () => {
  const bytes = Buffer.concat([zstd(HALF, WITH_CHECKSUM), zstd(HALF)])
  const first = zstd(HALF, WITH_CHECKSUM).length
  for (let length = 0; length < bytes.length; length += 1)
    if (length !== first)
      await expect(read('a.zst', bytes.subarray(0, length))).rejects.toThrow(
        'a.zst is cut short, or not compressed',
      )
  await expect(read('a.zst', HALF)).rejects.toThrow('unknown frame')
  await expect(read('a.zst', Buffer.concat([bytes, HALF]))).rejects.toThrow('unknown frame')
})

test('throws the error of the content itself', async () => {
  const broken = new Error('the disk broke')
  for (const [name, bytes] of [
    ['a.gz', gzipSync(HALF)],
    ['a.zst', zstd(HALF)],
  ] as const) {
    const content = (async function* () {
      yield bytes.subarray(0, 20)
      throw broken
    })()
    await expect(Array.fromAsync(decompressed(name, content))).rejects.toBe(broken)
  }
})
