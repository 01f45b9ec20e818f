import { readFileSync } from 'node:fs'
import { adapters } from '../../../adapters/index.ts'
import type { Adapter, Canonical, DecodeContext, EncodeContext } from '../../../src/dialect/adapter.ts'
import { parseJson } from '../../../src/dialect/json-text.ts'
import { shapeFor } from '../../../src/dialect/shapes.ts'
import { decodeEntry, encodeEntry, type Identities } from '../../../src/dialect/translate.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { samplesIn } from '../../conformance/subjects.ts'
import { sampleOf } from '../../support/dialect-fixtures.ts'
import type { Measured, Timing } from '../load/jobs.ts'
import type { Subject } from '../rounds.ts'

const ACHIEVEMENTS = 1_000

/** Decoding and encoding of a document of 1,000 achievements in this process, and `JSON.parse` and `JSON.stringify` of it. */
export function dialectSubjects(): readonly Subject[] {
  return adapters.flatMap((adapter) => {
    const { id } = adapter
    const entries = readEntries(adapter)
    const text = JSON.stringify(entries)
    const context: DecodeContext = { locale: 'en-US', envelope: {} }
    const records = entries.map((entry) => decodeEntry(adapter, entry, context).result)
    const encoding: EncodeContext = {
      locale: undefined,
      shape: shapeFor(adapter, 'definition')?.name,
      purpose: 'definition',
      account: undefined,
    }
    return [
      subject(`parse ${id}`, () => JSON.parse(text)),
      subject(`decode ${id}`, () => entries.map((entry) => decodeEntry(adapter, entry, context))),
      subject(`stringify ${id}`, () => JSON.stringify(entries)),
      subject(`encode ${id}`, () =>
        records.map((record) => encodeEntry(adapter, record, encoding, IDENTITIES)),
      ),
    ]
  })
}

/** Not called, because each record has its ids from a document of the dialect. */
const IDENTITIES: Identities = {
  binding: ({ title }: Canonical) => {
    throw new Error(`a title of the bench has no id: ${JSON.stringify(title)}`)
  },
  achievementId: () => {
    throw new Error('an achievement of the bench has no id')
  },
}

/** Repeats the entries of the dialect's sample. */
function readEntries(adapter: Adapter): readonly JsonObject[] {
  const document = parseJson(readFileSync(sampleOf(adapter.id), 'utf8'))
  const found = samplesIn(adapter, document).map(({ entry }) => entry)
  return Array.from({ length: ACHIEVEMENTS }, (_, index) =>
    structuredClone(found[index % found.length] as JsonObject),
  )
}

function subject(name: string, translate: () => unknown): Subject {
  return { name, unit: 'documents', measure: async (timing) => measure(timing, translate) }
}

function measure({ leadSeconds, seconds }: Timing, translate: () => unknown): Measured {
  repeat(leadSeconds, translate)
  const { count, elapsed } = repeat(seconds, translate)
  return { count, seconds: elapsed, succeeded: count, failed: 0, generatorCpu: 1 }
}

function repeat(seconds: number, work: () => unknown): { readonly count: number; readonly elapsed: number } {
  const start = performance.now()
  for (let count = 1; ; count += 1) {
    work()
    const elapsed = (performance.now() - start) / 1000
    if (elapsed >= seconds) return { count, elapsed }
  }
}
