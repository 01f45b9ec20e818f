import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UnhashedSet } from './unhashed-set.ts'

test('has the added members that were not deleted, each once', () => {
  const members = Array.from({ length: 6 }, (_, name) => ({ name, position: 0 }))
  const steps = fc.array(fc.constantFrom(...members), { maxLength: 40 })
  fc.assert(
    fc.property(steps, (changed) => {
      const set = new UnhashedSet<(typeof members)[number]>()
      const model = new Set<(typeof members)[number]>()
      for (const member of changed) {
        if (model.delete(member)) {
          set.delete(member)
          set.delete(member)
        } else {
          set.add(member)
          model.add(member)
        }
        const names = set.members().map(({ name }) => name)
        expect(names.toSorted()).toStrictEqual([...model].map(({ name }) => name).toSorted())
      }
    }),
  )
})
