import type { Schema } from './decode-error.ts'

/*
 * Reads the internals of zod schemas to skip parsing. Most entries are in the format that their platform itself writes, and the schema
 * returns them unchanged; checking that takes a fraction of the time of parsing. Every other entry is parsed: the schema
 * normalises unusual formats and names problems. Without this, decoding reached 0.13 to 0.30 of the speed of JSON.parse instead of
 * 0.33 to 0.68, and the goal is 0.3 for each dialect.
 */

/** Returns true if a schema is known to return the value unchanged; false if it is unknown. */
export type FastPathTest = (value: unknown) => boolean

/** The part of a zod schema's definition that tests are built from. */
interface Described {
  readonly def?: {
    readonly type: string
    readonly checks?: readonly unknown[] | undefined
    readonly shape?: Readonly<Record<string, object>>
    readonly catchall?: Described
    readonly innerType?: object
    readonly element?: object
    readonly keyType?: object
    readonly valueType?: object
    readonly fn?: FastPathTest
  }
}

const KNOWN = new WeakMap<object, FastPathTest>()

/** Registers a test for a schema: values that pass are returned by the schema unchanged. */
export function fastPathWhere<Known extends object>(schema: Known, test: FastPathTest): Known {
  KNOWN.set(schema, test)
  return schema
}

/** The same schema, which returns a value that passes its test without parsing it. */
export function quick<Output>(schema: Schema<Output>): Schema<Output> {
  const isPlain = fastPath(schema)
  const { validate } = schema['~standard']
  return {
    '~standard': { validate: (value) => (isPlain(value) ? { value: value as Output } : validate(value)) },
  }
}

/** Builds the test of a schema. No value passes for a schema with a check or a type that is unknown here. */
export function fastPath(schema: object): FastPathTest {
  const known = KNOWN.get(schema)
  if (known !== undefined) return known
  const { def } = schema as Described
  if (def === undefined || (def.checks?.length ?? 0) > 0) return never
  switch (def.type) {
    case 'string':
      return isText
    case 'boolean':
      return (value) => typeof value === 'boolean'
    case 'unknown':
      return () => true
    case 'custom':
      return def.fn ?? never
    case 'optional':
      return unless(undefined, def.innerType)
    case 'nullable':
      return unless(null, def.innerType)
    case 'array':
      return listOf(fastPath(def.element ?? {}))
    case 'record':
      return fastPath(def.keyType ?? {}) === isText ? valuesOf(fastPath(def.valueType ?? {})) : never
    case 'object':
      return def.catchall?.def?.type === 'unknown' ? membersOf(def.shape ?? {}) : never
    default:
      return never
  }
}

export const isText: FastPathTest = (value) => typeof value === 'string'

const never: FastPathTest = () => false

function unless(nothing: null | undefined, inner: Described = {}): FastPathTest {
  const { def } = inner
  if (nothing === undefined && def?.type === 'nullable') {
    const test = fastPath(def.innerType ?? {})
    return (value) => value === undefined || value === null || test(value)
  }
  const test = fastPath(inner)
  return (value) => value === nothing || test(value)
}

function listOf(test: FastPathTest): FastPathTest {
  return (value) => {
    if (!Array.isArray(value)) return false
    for (const element of value) if (!test(element)) return false
    return true
  }
}

function valuesOf(test: FastPathTest): FastPathTest {
  return (value) => {
    if (!isObject(value)) return false
    for (const name in value) if (!test(value[name])) return false
    return true
  }
}

function membersOf(shape: Readonly<Record<string, object>>): FastPathTest {
  const members = Object.entries(shape).map(([name, schema]) => ({ name, test: fastPath(schema) }))
  return (value) => {
    if (!isObject(value)) return false
    for (const { name, test } of members) if (!test(value[name])) return false
    return true
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
