import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Adapter, Canonical } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { jsonObjects } from './arbitrary-values.ts'
import { runs } from './fuzz-factor.ts'
import { mutated } from './mutants.ts'
import { reread, verdictOf } from './properties.ts'
import { lostPaths, withoutDerivedIds } from './reader.ts'
import { encodeContext, identitiesFor, LOCALE, samplesOf, subjects } from './subjects.ts'

const CONTEXT = { locale: LOCALE, envelope: {} }

describe.each(subjects)('$id, whatever JSON comes', (subject) => {
  const { adapter } = subject
  const entries = samplesOf(subject).map(({ entry }) => entry)
  const mutants = fc.constantFrom(...entries).chain(mutated)

  it('gives a record or an error with a path', () => {
    fc.assert(
      fc.property(fc.oneof(jsonObjects, mutants), (entry) => {
        const record = decodeIfSound(adapter, reread(entry))
        if (record !== undefined) expectSound(record)
      }),
      runs(400),
    )
  })

  it('writes the understood members back, and reports each that it adds', () => {
    fc.assert(
      fc.property(mutants, (entry) => {
        const record = decodeIfSound(adapter, reread(entry))
        if (record === undefined || lacksTitle(record)) return
        const context = encodeContext(record)
        const { result, losses } = encodeEntry(adapter, record, context, identitiesFor(adapter))
        expect(losses.filter(({ kind }) => kind !== 'defaulted')).toEqual([])
        const { result: again } = decodeEntry(adapter, reread(result), CONTEXT)
        const lost = lostPaths(adapter, record, withoutDerivedIds(adapter, record, again))
        expect(verdictOf(adapter, losses, lost).silent).toEqual([])
      }),
      runs(400),
    )
  })
})

/** A definition or summary that names no title is given one, and what derives from it with it. */
function lacksTitle({ achievement, summary, title }: Canonical): boolean {
  return (achievement ?? summary) !== undefined && title.binding === undefined
}

function decodeIfSound(adapter: Adapter, entry: JsonObject): Canonical | undefined {
  try {
    return decodeEntry(adapter, entry, CONTEXT).result
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
    return undefined
  }
}

/** The rules of the model that a document could break. */
function expectSound({ achievement, progress }: Canonical): void {
  if (achievement !== undefined) {
    expect(achievement.id).not.toBe('')
    const ids = achievement.requirements.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { target, valueType } of achievement.requirements) {
      expect(typeof target).toBe(valueType === 'integer' ? 'bigint' : 'number')
    }
  }
  if (progress !== undefined) {
    expect(progress.percent).toSatisfy((percent: number) => Number.isInteger(percent))
    expect(progress.percent).toBeGreaterThanOrEqual(0)
    expect(progress.percent === 100).toBe(progress.state === 'achieved')
    if (progress.state !== 'achieved') expect(progress.unlockTime).toBeUndefined()
  }
}
