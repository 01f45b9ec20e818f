import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spool } from './spool.ts'

async function* chunksOf(...chunks: Uint8Array[]) {
  yield* chunks
}

async function read(content: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return chunks
}

const LIMIT = 64 * 2 ** 20

test('a document reads the same each time, for any sizes of its chunks', async () => {
  const size = fc.oneof(fc.constantFrom(0, 1, 65_535, 65_536, 65_537, 200_000), fc.nat(100))
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 60 }), async (sizes) => {
      const chunks = sizes.map((length, index) => new Uint8Array(length).fill(index))
      await using document = await spool(chunksOf(...chunks), LIMIT)
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
  await using document = await spool(content(), LIMIT)
  const chunks = await read(document.read())
  expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(500_000)
  expect(chunks.length).toBeLessThan(10)
})
