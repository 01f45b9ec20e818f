import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { LossReport } from '../../src/dialect/losses.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import { xbox } from './index.ts'

it('makes a record or an error with a path of anything', () => {
  const names = [
    'id',
    'name',
    'achievement',
    'progressState',
    'progression',
    'requirements',
    'timeUnlocked',
    'rewards',
  ]
  const others = [
    'unlocked',
    'titleId',
    'lastUnlock',
    'lastPlayed',
    'percentComplete',
    'achievements',
    '__proto__',
  ]
  const key = fc.constantFrom(...names, ...others)
  const values = [
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom('1', 1, 2n ** 70n, -1, 0.5, true, null, 'Achieved'),
  ]
  const leaf: fc.Arbitrary<JsonValue> = fc.oneof(...values.map((value) => value as fc.Arbitrary<JsonValue>))
  const objects = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> =>
    fc.dictionary(key, value, { noNullPrototype: true, maxKeys: 6 })
  const deeper = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue> =>
    fc.oneof(leaf, fc.array(objects(value), { maxLength: 2 }), objects(value))
  const entry = objects(deeper(deeper(leaf)))
  fc.assert(
    fc.property(entry, (entry) => {
      try {
        const record = xbox.decode(entry, new LossReport(), { locale: 'en', envelope: {} })
        xbox.encode(record, new LossReport(), {
          locale: undefined,
          shape: undefined,
          purpose: 'progress',
          account: undefined,
        })
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
    { numRuns: 1000 },
  )
})
