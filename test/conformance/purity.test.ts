import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Adapter, Canonical } from '../../src/dialect/adapter.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import { records } from './arbitraries.ts'
import { jsonObjects } from './arbitrary-values.ts'
import { frozen } from './frozen.ts'
import { runs } from './fuzz-factor.ts'
import { decodeSample, encodeContext, identitiesFor, samplesOf, subjects } from './subjects.ts'

describe.each(subjects)('$id', (subject) => {
  const { adapter } = subject
  const samples = samplesOf(subject)
  const withExtensions = samples.map((sample) => decodeSample(adapter, sample).result)

  it('decodes a frozen entry to the same record each time', () => {
    for (const { entry, context } of samples) {
      const once = () => decodeEntry(adapter, frozen(entry), frozen(context))
      expect(once()).toEqual(once())
    }
  })

  it.each(adapter.shapes)('encodes a frozen record as $name to the same entry each time', (shape) => {
    fc.assert(
      fc.property(records(adapter, shape.carries, withExtensions), (record) => {
        const once = () => encode(adapter, frozen(record), shape.name)
        expect(once()).toEqual(once())
      }),
      runs(50),
    )
  })

  it('accepts an extension of any form', () => {
    fc.assert(
      fc.property(fc.constantFrom(...withExtensions), jsonObjects, (record, extension) => {
        const extensions = { [adapter.id]: extension }
        const { title, achievement, progress, summary } = record
        encode(adapter, {
          title: { ...title, extensions },
          achievement: achievement && { ...achievement, extensions },
          progress: progress && { ...progress, extensions },
          summary: summary && { ...summary, extensions },
        })
      }),
      runs(100),
    )
  })

  it('mints ids that are new, and the same from the same seed', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 58n), (entropy, time) => {
        const taken = new Set<string>()
        for (let count = 0; count < 20; count++) {
          const id = adapter.ids.mint({ taken, time, entropy })
          expect(adapter.ids.mint({ taken, time, entropy })).toBe(id)
          expect(taken).not.toContain(id)
          taken.add(id)
        }
        const binding = adapter.ids.deriveBinding('title-1', entropy)
        expect(adapter.ids.deriveBinding('title-1', entropy)).toEqual(binding)
      }),
      runs(50),
    )
  })
})

function encode(adapter: Adapter, record: Canonical, shape?: string) {
  return encodeEntry(adapter, record, encodeContext(record, shape), identitiesFor(adapter))
}
