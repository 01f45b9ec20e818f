import { isJsonObject, type JsonValue } from '../model/json.ts'
import { formatPath, type Path } from './losses.ts'

/** An entry that is not of the dialect: the path, the expected value and the value found. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  readonly path: Path
  readonly problem: string

  constructor(path: Path, problem: string) {
    super(`${formatPath(path)}: ${problem}`)
    this.path = path
    this.problem = problem
  }

  /** The same error, with its path below a base. */
  under(base: Path): DecodeError {
    return new DecodeError([...base, ...this.path], this.problem)
  }
}

/**
 * The part of the Standard Schema interface that reading needs; zod's schemas have it.
 * Source: https://standardschema.dev
 */
export interface Schema<Output> {
  readonly '~standard': {
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
  }
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * Reads a value by a schema.
 * @throws DecodeError for the first problem, with the value found.
 */
export function readAs<Output>(schema: Schema<Output>, value: JsonValue, base: Path = []): Output {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) throw new TypeError('schemas of a dialect must be synchronous')
  if (result.issues === undefined) return result.value
  const [issue] = result.issues
  const path = (issue?.path ?? []).map((step) => {
    const key = typeof step === 'object' ? step.key : step
    return typeof key === 'number' ? key : String(key)
  })
  const problem = `${issue?.message ?? 'invalid'}, but found ${describe(valueAt(value, path))}`
  throw new DecodeError([...base, ...path], problem)
}

/** Returns what `read` returns; undefined if it throws a DecodeError. */
export function tryReading<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** A value in a few words, for an error: `string "abc"`, `array of 3`, `nothing`. */
export function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return `array of ${value.length}`
  if (typeof value === 'object') return 'object'
  if (typeof value === 'string') {
    return `string ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`
  }
  return `${typeof value === 'boolean' ? 'boolean' : 'number'} ${value}`
}

function valueAt(value: JsonValue, path: Path): JsonValue | undefined {
  let current: JsonValue | undefined = value
  for (const step of path) {
    if (Array.isArray(current)) current = (current as readonly JsonValue[])[Number(step)]
    else if (isJsonObject(current)) current = Object.hasOwn(current, step) ? current[step] : undefined
    else return undefined
  }
  return current
}
