import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import { anyRecords, records } from './arbitraries.ts'
import { runs } from './fuzz-factor.ts'
import { lossVerdictOf, reread } from './properties.ts'
import { decodeSample, encodeContext, identitiesFor, LOCALE, samplesOf, subjects } from './subjects.ts'

describe.each(subjects)('$id', (subject) => {
  const { adapter } = subject
  const withExtensions = samplesOf(subject).map((sample) => decodeSample(adapter, sample).result)

  it('loses exactly the reported values, in any shape and with any parts', () => {
    const shapes = fc.constantFrom(undefined, ...adapter.shapes)
    fc.assert(
      fc.property(anyRecords(adapter, withExtensions), shapes, (record, shape) => {
        const verdict = lossVerdictOf(adapter, shape, record)
        fc.pre(verdict !== undefined)
        expect(verdict).toEqual({ silent: [], alarms: [] })
      }),
      runs(600),
    )
  })

  it('holds a value that is too large for a shape, or refuses it with a reason', () => {
    const reward = {
      kind: 'gamerscore',
      value: '999999999',
      name: undefined,
      description: undefined,
      media: undefined,
    } as const
    const shapes = fc.constantFrom(...adapter.shapes.filter(({ carries }) => carries.includes('definition')))
    const ids = fc.constantFrom('not an id', '0', '9'.repeat(40), '')
    fc.assert(
      fc.property(records(adapter, ['definition'], []), shapes, ids, (record, shape, id) => {
        const { achievement } = record
        if (achievement === undefined) throw new TypeError('a record has a definition')
        for (const changed of [{ rewards: [reward, reward] }, { ids: { [adapter.id]: id } }, { id }]) {
          const large = { ...record, achievement: { ...achievement, ...changed } }
          try {
            lossVerdictOf(adapter, shape, large)
          } catch (error) {
            expect(error).toMatchObject({ code: 'failed_precondition', reason: 'DOCUMENT_REFUSED' })
          }
        }
      }),
      runs(50),
    )
  })

  describe.each(adapter.shapes)('in shape $name', (shape) => {
    const arbitrary = records(adapter, shape.carries, withExtensions)

    it('is read by its own dialect, whatever language is preferred and whatever the record lacks', () => {
      fc.assert(
        fc.property(arbitrary, (record) => {
          const { title, achievement } = record
          const unnamed = {
            ...record,
            title: { ...title, binding: undefined },
            achievement: achievement && { ...achievement, ids: {} },
          }
          const context = { ...encodeContext(unnamed, shape.name), locale: 'de' }
          const { result, losses } = encodeEntry(adapter, unnamed, context, identitiesFor(adapter))
          decodeEntry(adapter, reread(result), { locale: LOCALE, envelope: {} })
          // An id that is derived for this very entry is no loss.
          const derived = ['$.title.binding', `$.achievement.ids.${adapter.id}`]
          expect(losses.filter(({ path }) => derived.some((id) => path.startsWith(id)))).toEqual([])
        }),
        runs(50),
      )
    })
  })
})
