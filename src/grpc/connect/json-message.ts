import { isUtf8 } from 'node:buffer'
import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import { invalidArgument, MAX_VIOLATIONS } from '../../model/errors.ts'
import { LIMITS } from '../../model/limits.ts'
import { repeatedMember, STANDS_TWICE } from '../../service/json.ts'
import { parse, type Violations } from '../convert/violations.ts'
import { descriptorRegistry } from '../descriptors.ts'

/** A message up to this size is parsed without counting its values, because it cannot be expensive. */
const SMALL_BYTES = 4096

/**
 * Checks that the bytes are a message of the type in protobuf's JSON. Connect's own errors name neither the path of a member nor
 * what it must be, and parsing 4 MiB can create a million values.
 * @throws LaurelError INVALID_ARGUMENT with the paths of all members at fault, in the naming of the protos.
 */
export function checkJsonMessage(type: DescMessage, bytes: Buffer): void {
  if (!isUtf8(bytes)) throw invalidArgument([{ field: '', message: 'the message must be UTF-8 text' }])
  if (bytes.length > SMALL_BYTES) checkValueCount(bytes)
  const json = parseMessage(type, bytes)
  try {
    toBinary(type, fromJson(type, json, { registry: descriptorRegistry() }))
  } catch (error) {
    parse((violations) => checkMembers(type, json, '', violations))
    throw invalidArgument([{ field: '', message: `the message cannot be read: ${(error as Error).message}` }])
  }
}

function parseMessage(type: DescMessage, bytes: Buffer): JsonValue {
  const text = bytes.toString()
  let json: JsonValue
  try {
    json = JSON.parse(text)
  } catch (error) {
    const message = `the message is not valid JSON: ${(error as Error).message}`
    throw invalidArgument([{ field: '', message }])
  }
  const repeated = repeatedMember(text, json)
  if (repeated !== undefined)
    throw invalidArgument([{ field: formatPath(type, repeated), message: STANDS_TWICE }])
  return json
}

/** Returns the path of a member in the naming of the protos. */
function formatPath(type: DescMessage, path: readonly (string | number)[]): string {
  let [formatted, message, isMap] = ['', type as DescMessage | undefined, false]
  for (const step of path) {
    if (typeof step === 'number') formatted += `[${step}]`
    else if (isMap) {
      formatted += `[${JSON.stringify(step.slice(0, LIMITS.id))}]`
      isMap = false
    } else {
      const field = message && fieldOf(message, step)
      formatted = join(formatted, field?.name ?? step.slice(0, LIMITS.id))
      message = field?.message
      isMap = field?.fieldKind === 'map'
    }
  }
  return formatted
}

function fieldOf({ fields }: DescMessage, name: string): DescField | undefined {
  return fields.find((field) => field.jsonName === name || field.name === name)
}

/** Counts members and elements by the characters before each of them, outside of texts. */
function checkValueCount(bytes: Uint8Array): void {
  let count = 0
  let isText = false
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index]
    if (byte === QUOTE) isText = !isText
    else if (isText && byte === BACKSLASH) index += 1
    else if (!isText && (byte === COMMA || byte === BRACE || byte === BRACKET)) count += 1
  }
  if (count <= LIMITS.messageValues) return
  const message = `must hold at most ${LIMITS.messageValues} members and elements of lists: send less at a time`
  throw invalidArgument([{ field: '', message }])
}

const [QUOTE, BACKSLASH, COMMA, BRACE, BRACKET] = Buffer.from('"\\,{[')

/** Adds a violation for each member that the type does not have, or whose value it cannot hold. */
function checkMembers(type: DescMessage, json: JsonValue, path: string, violations: Violations): void {
  if (!isObject(json)) {
    violations.add(path, 'must be a JSON object')
    return
  }
  for (const [name, value] of Object.entries(json)) {
    const field = fieldOf(type, name)
    if (field !== undefined) checkField(type, field, value, join(path, field.name), violations)
    else {
      const names = type.fields.map(({ name }) => name).join(', ')
      violations.add(join(path, name.slice(0, LIMITS.id)), `is no field of ${type.name}, which has ${names}`)
    }
  }
}

function checkField(
  type: DescMessage,
  field: DescField,
  value: JsonValue,
  path: string,
  violations: Violations,
): void {
  const message = field.message?.typeName.startsWith('google.protobuf.') ? undefined : field.message
  const checkValue = (value: JsonValue, asField: JsonValue, at: string) => {
    // Only so many are reported, and each costs as much as a thrown error.
    if (violations.found.length >= MAX_VIOLATIONS) return
    if (message !== undefined) checkMembers(message, value, at, violations)
    else if (!isReadable(type, field, asField)) violations.add(at, expectationOf(field))
  }
  if (value === null) return
  if (field.fieldKind === 'list') {
    if (!Array.isArray(value)) violations.add(path, 'must be a JSON array')
    else for (const [index, item] of value.entries()) checkValue(item, [item], `${path}[${index}]`)
  } else if (field.fieldKind === 'map') {
    if (!isObject(value)) violations.add(path, 'must be a JSON object')
    else
      for (const [key, item] of Object.entries(value))
        checkValue(item, { [key]: item }, `${path}[${JSON.stringify(key)}]`)
  } else checkValue(value, value, path)
}

function isReadable(type: DescMessage, field: DescField, value: JsonValue): boolean {
  try {
    toBinary(type, fromJson(type, { [field.jsonName]: value }, { registry: descriptorRegistry() }))
    return true
  } catch {
    return false
  }
}

const EXPECTATIONS: Readonly<Partial<Record<ScalarType, string>>> = {
  [ScalarType.STRING]: 'must be a JSON string',
  [ScalarType.BOOL]: 'must be true or false',
  [ScalarType.BYTES]: 'must be base64 in a JSON string',
  [ScalarType.DOUBLE]: 'must be a number',
  [ScalarType.FLOAT]: 'must be a number',
}

const WELL_KNOWN_EXPECTATIONS: Readonly<Record<string, string>> = {
  Timestamp: 'must be a time such as "2026-01-31T12:00:00Z"',
  Duration: 'must be a duration such as "1.5s"',
  FieldMask: 'must be a string of fields in lower camel case, such as "displayName,defaultLocale"',
}

/** Returns what a value of the field, or of its elements, must be. */
function expectationOf(field: DescField): string {
  if (field.enum !== undefined)
    return `must be one of ${field.enum.values.map(({ name }) => name).join(', ')}`
  if (field.message !== undefined) return WELL_KNOWN_EXPECTATIONS[field.message.name] ?? 'cannot be read'
  const scalar = field.scalar as ScalarType
  return EXPECTATIONS[scalar] ?? `must be a whole number within ${ScalarType[scalar]?.toLowerCase()}`
}

function isObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
