import fc from 'fast-check'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/model/json.ts'
import { jsonObjects, jsonValues, texts } from './arbitrary-values.ts'

/** The value with one thing in it changed: a member gone, renamed, repeated in a list, or of another kind. */
export function mutated(value: JsonObject): fc.Arbitrary<JsonObject> {
  const names = Object.keys(value)
  if (names.length === 0) return jsonObjects
  const change = (name: string) => {
    const member = value[name] as JsonValue
    const withMember = (changed: JsonValue) => ({ ...value, [name]: changed })
    return fc.oneof(
      fc.constant(without(value, name)),
      texts.map((other) => Object.fromEntries(Object.entries({ ...value, [name]: other }))),
      jsonValues.map(withMember),
      fc
        .constantFrom<JsonValue>(
          '',
          '0',
          'toString',
          '__proto__',
          -1,
          0.5,
          2n ** 63n,
          null,
          [],
          {},
          '9'.repeat(400),
        )
        .map(withMember),
      below(member).map(withMember),
      below(member).map(withMember),
    )
  }
  return fc.constantFrom(...names).chain(change)
}

function below(value: JsonValue): fc.Arbitrary<JsonValue> {
  if (isJsonObject(value)) return mutated(value)
  if (!Array.isArray(value) || value.length === 0) return jsonValues
  return fc.oneof(
    fc.constant([...value, ...value]),
    fc.constant(value.slice(1)),
    fc
      .nat(value.length - 1)
      .chain((index) =>
        below(value[index]).map((changed) => value.map((element, at) => (at === index ? changed : element))),
      ),
  )
}

function without(object: JsonObject, member: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== member))
}
