import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import type { Adapter, Canonical, Shape } from '../../src/dialect/adapter.ts'
import { purposeOf } from '../../src/dialect/shapes.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import { translateRecord } from '../../src/service/exchange/translate.ts'
import { anyRecords } from './arbitraries.ts'
import { runs } from './fuzz-factor.ts'
import { LANGUAGES, READING, reread, verdictOf } from './properties.ts'
import { lostPaths, withoutDerivedIds } from './reader.ts'
import { decodeSample, identitiesFor, samplesOf, subjects } from './subjects.ts'

const withExtensions = new Map(
  subjects.map((subject) => [
    subject.id,
    samplesOf(subject).map((sample) => decodeSample(subject.adapter, sample).result),
  ]),
)
const recordsOf = (adapter: Adapter) => anyRecords(adapter, withExtensions.get(adapter.id) ?? [])
const shapesOf = ({ shapes }: Adapter) => fc.constantFrom<(Shape | undefined)[]>(undefined, ...shapes)

/** A record as a document of the dialect states it; undefined if the shape cannot hold any of it. */
function stated(adapter: Adapter, record: Canonical, shape: Shape | undefined): Canonical | undefined {
  const purpose = purposeOf(adapter, record, shape)
  if (purpose === undefined) return undefined
  const context = { ...LANGUAGES, shape: shape?.name, purpose, account: undefined }
  const { result } = encodeEntry(adapter, record, context, identitiesFor(adapter))
  return decodeEntry(adapter, reread(result), READING).result
}

const directions = adapters.flatMap((from) => adapters.map((to) => ({ from, to })))

describe.each(directions)('a document from $from.id to $to.id', ({ from, to }) => {
  it('loses exactly the reported values, in any shape', () => {
    fc.assert(
      fc.property(recordsOf(from), shapesOf(from), shapesOf(to), (record, shape, toShape) => {
        const document = stated(from, record, shape)
        fc.pre(document !== undefined && purposeOf(to, document, toShape) !== undefined)
        const entry = { record: document, path: '$' }
        const { json, losses } = translateRecord(from.id, to, entry, toShape, LANGUAGES, identitiesFor(to))
        const { result: back } = decodeEntry(to, reread(json), READING)
        const isForeign = from.id !== to.id && document.title.binding !== undefined
        const lost = [
          ...lostPaths(to, document, withoutDerivedIds(to, document, back)),
          // The reader of an entry that names no title knows the title's id in the entry's dialect only.
          ...(isForeign ? [['title', 'binding']] : []),
        ]
        expect(verdictOf(to, losses, lost)).toEqual({ silent: [], alarms: [] })
      }),
      runs(200),
    )
  })
})
