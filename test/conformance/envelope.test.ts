import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type DocumentEntry, DocumentWriter, readDocument } from '../../src/dialect/document.ts'
import { LossReport } from '../../src/dialect/losses.ts'
import { casesOf, samplesIn, samplesOf, subjects } from './subjects.ts'

describe.each(subjects)('$id', (subject) => {
  const { adapter, folder } = subject
  const entries = samplesOf(subject).map(({ entry }) => entry)

  it.each(adapter.shapes)(
    'writes a list of $name that it reads again, and loses nothing of it',
    async ({ name }) => {
      for (const listed of [entries, entries.slice(0, 1), []]) {
        const writer = new DocumentWriter(adapter.envelope, name, false)
        const text = [...listed.map((entry) => writer.entry(entry)), writer.end()].join('')
        const { read, envelope } = await readAll(text)
        expect(read.map(({ json }) => json)).toEqual(listed)
        const losses = new LossReport()
        adapter.envelope.readEnvelope(envelope, losses, new Set([name]))
        expect(losses.losses).toEqual([])
      }
    },
  )

  it.each(casesOf(subject))('is cut in $name where this suite cuts it', async ({ name, document }) => {
    const { read } = await readAll(readFileSync(`${folder}testdata/${name}.json`, 'utf8'))
    const cut = samplesIn(adapter, document)
    expect(read.map(({ json, path }) => ({ entry: json, path }))).toEqual(
      cut.map(({ entry, path }) => ({ entry, path })),
    )
  })

  async function readAll(text: string) {
    const document = readDocument(adapter.envelope, oneChunk(text))
    const read: Extract<DocumentEntry, { readonly json: unknown }>[] = []
    let next = await document.next()
    for (; !next.done; next = await document.next()) {
      if ('error' in next.value) throw next.value.error
      read.push(next.value)
    }
    return { read, envelope: next.value.envelope }
  }
})

async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}
