import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import type { Adapter, Canonical } from '../../src/dialect/adapter.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import { records } from './arbitraries.ts'
import { lossVerdictOf, reread, type Verdict } from './properties.ts'
import { encodeContext, identitiesFor, LOCALE, samplesOf, subjects } from './subjects.ts'
import { toy } from './toy/index.ts'

const CONTEXT = { locale: LOCALE, envelope: {} }

/** The list as it would be with one line more. */
const withToy: readonly Adapter[] = [...adapters, toy].sort((left, right) => left.id.localeCompare(right.id))
const pairs = withToy.flatMap((from) => withToy.map((to) => ({ from, to })))

describe('a new dialect needs one folder and one line', () => {
  it.each(pairs)('translates $from.id to $to.id', ({ from, to }) => {
    const samples = samplesOf(subjects.find(({ adapter }) => adapter === from) as (typeof subjects)[number])
    for (const { entry } of samples) {
      const record = withoutAccount(decodeEntry(from, entry, CONTEXT).result)
      if (record.achievement === undefined) continue
      const translated = encodeEntry(to, record, encodeContext(record), identitiesFor(to))
      const { result: back } = decodeEntry(to, reread(translated.result), CONTEXT)
      expect(back.achievement?.name.text).toBe(record.achievement.name.text)
      expect(back.achievement?.hidden).toBe(record.achievement.hidden)
      if (from.hasCodes && to.hasCodes) expect(back.achievement?.id).toBe(record.achievement.id)
    }
  })
})

describe('the properties detect', () => {
  const [shape] = toy.shapes as [(typeof toy.shapes)[number]]
  const some = records(toy, shape.carries, [])
  const passes = (adapter: Adapter, kind: keyof Verdict) =>
    !fc.check(fc.property(some, (record) => lossVerdictOf(adapter, shape, record)?.[kind].length === 0))
      .failed

  it('no problem of the toy', () => {
    expect(passes(toy, 'silent')).toBe(true)
    expect(passes(toy, 'alarms')).toBe(true)
  })

  it('an adapter that does not report a loss', () => {
    const silent: Adapter = {
      ...toy,
      encode: (record, losses, context) => {
        const entry = toy.encode(record, losses, context)
        losses.losses.splice(
          0,
          losses.losses.length,
          ...losses.losses.filter(({ path }) => !path.includes('tags')),
        )
        return entry
      },
    }
    expect(passes(silent, 'silent')).toBe(false)
  })

  it('an adapter that reports a loss that did not happen', () => {
    const anxious: Adapter = {
      ...toy,
      encode: (record, losses, context) => {
        losses.dropped(['achievement', 'hidden'], true, 'not really')
        return toy.encode(record, losses, context)
      },
    }
    expect(passes(anxious, 'alarms')).toBe(false)
  })
})

/** The service knows the account in another dialect. */
function withoutAccount(record: Canonical): Canonical {
  return { ...record, progress: record.progress && { ...record.progress, account: undefined } }
}
