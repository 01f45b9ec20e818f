import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Canonical, IdForm } from '../../src/dialect/adapter.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import type { Binding } from '../../src/model/title.ts'
import { records } from './arbitraries.ts'
import { texts } from './arbitrary-values.ts'
import { runs } from './fuzz-factor.ts'
import { decodeSample, encodeContext, identitiesFor, LOCALE, samplesOf, subjects } from './subjects.ts'

const entropies = fc.bigInt(0n, 2n ** 64n - 1n)

/** Texts among which each dialect has ids. */
const candidates = fc.oneof(
  fc.constantFrom('0', '1', '007', '-1', '1.5', '4294967295', '4294967296', '9223372036854775808'),
  fc.bigInt(0n, 2n ** 33n).map(String),
  entropies.map(String),
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  texts,
)

const titles = fc.oneof(texts, fc.string({ minLength: 1, maxLength: 4096 })).filter((text) => text !== '')

/** Real clients read numbers of up to 10 digits as Int32. */
const isReadable = (id: string) => !/^\d{1,10}$/.test(id) || Number(id) < 2 ** 31

describe.each(subjects)('$id', (subject) => {
  const { adapter } = subject
  const { ids } = adapter
  const samples = samplesOf(subject).map((sample) => decodeSample(adapter, sample).result)
  const acceptedBy = ({ accepts }: IdForm) => candidates.filter(accepts)
  const isBinding = (binding: Binding) =>
    Object.entries(binding).every(([name, id]) => ids.binding[name]?.accepts(id) === true)

  it('creates ids that it accepts, and no number that is longer than 31 bits', () => {
    fc.assert(
      fc.property(entropies, fc.array(acceptedBy(ids.achievement)), titles, (entropy, taken, title) => {
        const id = ids.mint({ taken: new Set(taken), time: 17_000_000_000_000_000n, entropy })
        expect(id).toSatisfy(ids.achievement.accepts)
        const binding = ids.deriveBinding(title, entropy)
        expect(binding).toSatisfy(isBinding)
        expect(Object.keys(binding).sort()).toEqual(Object.keys(ids.binding).sort())
        expect([id, ...Object.values(binding)]).toSatisfy((all: string[]) => all.every(isReadable))
      }),
      runs(100),
    )
  })

  it('accepts the ids of its own documents', () => {
    for (const { title, achievement, progress } of samples) {
      expect(title.binding ?? {}).toSatisfy(isBinding)
      expect([achievement?.ids[adapter.id] ?? '1', progress?.account ?? '1']).toEqual([
        expect.toSatisfy(ids.achievement.accepts),
        expect.toSatisfy(ids.account.accepts),
      ])
    }
  })

  it.each(adapter.shapes)('expresses each id that it accepts as $name', (shape) => {
    const bindings = fc.record(
      Object.fromEntries(Object.entries(ids.binding).map(([name, form]) => [name, acceptedBy(form)])),
    )
    fc.assert(
      fc.property(
        records(adapter, shape.carries, []),
        bindings,
        acceptedBy(ids.achievement),
        acceptedBy(ids.account),
        (record, binding, id, account) => {
          const named = withIds(record, binding, id, account)
          const context = { ...encodeContext(named, shape.name), account }
          const { result } = encodeEntry(adapter, named, context, identitiesFor(adapter))
          const read = decodeEntry(adapter, result, { locale: LOCALE, envelope: {} }).result
          expect({ ...binding, ...read.title.binding }).toEqual(binding)
          expect(read.achievement?.ids[adapter.id] ?? id).toBe(id)
          expect(read.progress?.account ?? account).toBe(account)
        },
      ),
      runs(100),
    )
  })

  function withIds(record: Canonical, binding: Binding, id: string, account: string): Canonical {
    const { title, achievement, progress, summary } = record
    const achievementId = adapter.hasCodes ? (progress?.achievementId ?? '') : id
    return {
      title: { ...title, binding },
      // Xbox shows a title under its associations.
      achievement: achievement && { ...achievement, ids: { [adapter.id]: id }, titleAssociations: [] },
      progress: progress && { ...progress, account, achievementId },
      summary: summary && { ...summary, account },
    }
  }
})
