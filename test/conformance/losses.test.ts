import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import { records } from './arbitraries.ts'
import { runs } from './fuzz-factor.ts'
import { falseAlarms, reread, silentLosses } from './properties.ts'
import { decodeSample, encodeContext, identitiesFor, LOCALE, samplesOf, subjects } from './subjects.ts'

describe.each(subjects)('$id', (subject) => {
  const { adapter } = subject
  const withExtensions = samplesOf(subject).map((sample) => decodeSample(adapter, sample).result)

  describe.each(adapter.shapes)('in shape $name', (shape) => {
    const arbitrary = records(adapter, shape.carries, withExtensions)

    it('loses nothing in silence', () => {
      fc.assert(
        fc.property(arbitrary, (record) => {
          expect(silentLosses(adapter, shape, record), 'differs, but is not reported').toEqual([])
        }),
        runs(200),
      )
    })

    it('raises no false alarm', () => {
      fc.assert(
        fc.property(arbitrary, (record) => {
          expect(falseAlarms(adapter, shape, record), 'reported, but does not differ').toEqual([])
        }),
        runs(200),
      )
    })

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
          const { result: back } = decodeEntry(adapter, reread(result), { locale: LOCALE, envelope: {} })
          const named = losses.filter(({ kind }) => kind === 'defaulted').map(({ path }) => path)
          expect(named).toContain('$.title.binding')
          if (achievement === undefined || back.achievement === undefined) return
          expect(named).toContain(`$.achievement.ids.${adapter.id}`)
        }),
        runs(50),
      )
    })
  })
})
