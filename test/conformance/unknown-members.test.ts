import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/model/json.ts'
import { jsonValues } from './arbitrary-values.ts'
import { differences, formatted } from './differences.ts'
import { runs } from './fuzz-factor.ts'
import { reread } from './properties.ts'
import { encodeContext, identitiesFor, type Sample, samplesOf, subjects } from './subjects.ts'

/** Names that no dialect has, and names that break code with `object[name] = value`. */
const names = fc.oneof(
  fc
    .string({ unit: fc.constantFrom(...'abcXYZ'), minLength: 6, maxLength: 8 })
    .map((name) => `unmodelled_${name}`),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty'),
)

describe.each(subjects)('$id, unknown members', (subject) => {
  const { adapter } = subject
  const samples = samplesOf(subject)

  /** How its own dialect gives an entry back; undefined if it refuses it. */
  function thereAndBack(sample: Sample, entry: JsonObject): JsonObject | undefined {
    try {
      const { result } = decodeEntry(adapter, entry, sample.context)
      return reread(encodeEntry(adapter, result, encodeContext(result), identitiesFor(adapter)).result)
    } catch (error) {
      if (error instanceof DecodeError) return undefined
      throw error
    }
  }

  it('survive at the top', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), names, jsonValues, (sample, name, value) => {
        const changed = reread(withMember(sample.entry, [], name, value))
        const plain = thereAndBack(sample, reread(sample.entry))
        const back = thereAndBack(sample, changed)
        expect(back, 'refused').toBeDefined()
        const expected = reread(withMember(plain as JsonObject, [], name, value))
        expect(formatted(differences(expected, back))).toEqual([])
      }),
      runs(200),
    )
  })

  /** A dictionary, such as texts by language, may refuse an unknown member. */
  it('survive in each object within', () => {
    const locations = samples.flatMap((sample) => objectsIn(sample.entry).map((path) => ({ sample, path })))
    if (locations.length === 0) return
    fc.assert(
      fc.property(fc.constantFrom(...locations), names, jsonValues, ({ sample, path }, name, value) => {
        const back = thereAndBack(sample, reread(withMember(sample.entry, path, name, value)))
        if (back === undefined) return
        const plain = thereAndBack(sample, reread(sample.entry)) as JsonObject
        if (!isJsonObject(at(plain, path))) return
        const expected = reread(withMember(plain, path, name, value))
        expect(formatted(differences(expected, back))).toEqual([])
      }),
      runs(300),
    )
  })
})

type Location = readonly (string | number)[]

/** Where objects lie below the top. */
function objectsIn(value: JsonValue, path: Location = []): readonly Location[] {
  if (typeof value !== 'object' || value === null) return []
  const below = Object.entries(value).flatMap(([name, member]) =>
    objectsIn(member, [...path, Array.isArray(value) ? Number(name) : name]),
  )
  return isJsonObject(value) && path.length > 0 ? [path, ...below] : below
}

function at(value: JsonValue | undefined, path: Location): JsonValue | undefined {
  const [step, ...rest] = path
  if (step === undefined || typeof value !== 'object' || value === null) return value
  return at((value as Readonly<Record<string, JsonValue>>)[step], rest)
}

function withMember(value: JsonObject, path: Location, name: string, member: JsonValue): JsonObject {
  return put(value, path, name, member) as JsonObject
}

function put(value: JsonValue, path: Location, name: string, member: JsonValue): JsonValue {
  const [step, ...rest] = path
  if (Array.isArray(value)) {
    return value.map((element, index) => (index === step ? put(element, rest, name, member) : element))
  }
  if (!isJsonObject(value)) return value
  if (step === undefined) return Object.fromEntries([...Object.entries(value), [name, member]])
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, key === step ? put(child, rest, name, member) : child]),
  )
}
