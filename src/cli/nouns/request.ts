import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parseJson } from '../../dialect/json-text.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { Failure } from '../failure.ts'
import { choicesOf, type Parameter, type Parameters } from './parameters.ts'

/** A value of the command line. */
export type Value = string | boolean | readonly string[] | undefined

/** Returns the request in protobuf's JSON. Arguments and options override the file. */
export function requestOf(
  { body, isUpdate }: Parameters,
  values: readonly (readonly [Parameter, Value])[],
  file: JsonObject | undefined,
): JsonObject {
  let request: JsonObject = body === undefined || file === undefined ? {} : { [body.name]: file }
  const set = values.filter(([, value]) => value !== undefined)
  for (const [parameter, value] of set) {
    request = withValue(request, parameter.path.split('.'), jsonValueOf(parameter, value))
  }
  // Without a mask, empty values would change nothing.
  if (!isUpdate || file !== undefined) return request
  const changed = set.map(([{ path }]) => path.split('.')[1]).filter((name) => name !== undefined)
  const fields = changed.filter((name) => !IDENTIFYING.test(name))
  if (fields.length === 0) throw new Failure(['there is nothing to change: add an option, or --file'])
  return { ...request, update_mask: fields.map(camelCase).join() }
}

/** The fields of a record that name it, or its version. */
const IDENTIFYING = /(_id|_code|^etag)$/

function withValue(object: JsonObject, path: readonly string[], value: JsonValue): JsonObject {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    // The file may have the other name of the field.
    const { [camelCase(name)]: _, ...others } = object
    return { ...others, [name]: value }
  }
  const inner = object[name] ?? object[camelCase(name)]
  return withValue(object, [name], withValue(isJsonObject(inner) ? inner : {}, rest, value))
}

function jsonValueOf({ field }: Parameter, value: Value): JsonValue {
  const choices = field.enum === undefined ? undefined : choicesOf(field.enum)
  const single = (text: string) => choices?.get(text) ?? text
  if (typeof value === 'string') return single(value)
  return Array.isArray(value) ? value.map(single) : (value as boolean)
}

function camelCase(name: string): string {
  return name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** @throws Failure if the file is not a JSON object, with the position of the error. */
export async function readJsonFile(file: string): Promise<JsonObject> {
  const invalid = (reason: string, cause: unknown) => new Failure([`cannot read ${file}: ${reason}`], cause)
  const content = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch(
    (error: Error) => {
      throw invalid(error.message, error)
    },
  )
  let json: JsonValue
  try {
    json = parseJson(content)
  } catch (error) {
    throw invalid(`it is not JSON: ${(error as Error).message}`, error)
  }
  if (!isJsonObject(json)) throw invalid('it must be a JSON object', undefined)
  return json
}
