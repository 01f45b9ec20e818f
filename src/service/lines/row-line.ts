import { formatJson } from '../../model/exact-json.ts'
import { formatInstant, type Instant, parseInstant } from '../../model/instant.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { type LineMember, type MemberType, ROW_KINDS, type RowKind } from '../../model/record-line.ts'
import { FieldError } from './field-error.ts'
import { readId } from './ids.ts'

/** Returns the row of a line by the names of its members, with instants as ticks. @throws FieldError */
export function readRow(kind: RowKind, line: JsonObject): JsonObject {
  const members = ROW_KINDS[kind] as readonly (LineMember & { readonly name: string })[]
  const flat = flatten(line, members)
  const row: Record<string, JsonValue> = {}
  for (const { name, type, isOptional } of members) {
    const value = flat.get(name)
    if (value !== undefined || !isOptional) row[name] = read(type, name, value)
    flat.delete(name)
  }
  for (const [name, value] of flat) throw new FieldError(name, 'absent', value)
  return row
}

/** Returns the members by name; those of an object of members with its name before a dot. */
function flatten(
  { kind: _, ...line }: JsonObject,
  members: readonly { readonly name: string }[],
): Map<string, JsonValue> {
  const flat = new Map<string, JsonValue>()
  for (const [name, value] of Object.entries(line)) {
    if (isJsonObject(value) && members.some((member) => member.name.startsWith(`${name}.`)))
      for (const [inner, each] of Object.entries(value)) flat.set(`${name}.${inner}`, each)
    else flat.set(name, value)
  }
  return flat
}

type Reader = (name: string, value: JsonValue | undefined) => JsonValue

function read(type: MemberType, name: string, value: JsonValue | undefined): JsonValue {
  if (typeof type === 'string') return READERS[type](name, value)
  if (typeof value === 'string' && type.includes(value)) return value
  throw new FieldError(name, `one of ${type.join(', ')}`, value)
}

/** Returns a reader of the values that a test accepts, as they are. */
const accepting =
  (expected: string, accepts: (value: JsonValue | undefined) => boolean): Reader =>
  (name, value) => {
    if (accepts(value)) return value as JsonValue
    throw new FieldError(name, expected, value)
  }

/** Returns a reader of objects, of which a test accepts each value. */
const objectOf =
  (expected: string, accepts: (value: JsonValue) => boolean): Reader =>
  (name, value) => {
    if (!isJsonObject(value)) throw new FieldError(name, 'an object', value)
    for (const [member, each] of Object.entries(value))
      if (!accepts(each)) throw new FieldError(`${name}.${member}`, expected, each)
    return value
  }

const matching = (expected: string, pattern: RegExp) =>
  accepting(expected, (value) => typeof value === 'string' && pattern.test(value))

const integerUpTo = (maximum: number) =>
  accepting(
    `an integer from 0 to ${maximum}`,
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maximum,
  )

const isInteger = (value: JsonValue | undefined) =>
  typeof value === 'string' &&
  /^-?\d{1,19}$/.test(value) &&
  BigInt.asIntN(64, BigInt(value)) === BigInt(value)

const READERS: Readonly<Record<Extract<MemberType, string>, Reader>> = {
  id: readId,
  idOrEmpty: (name, value) => (value === '' ? value : readId(name, value)),
  text: accepting('a text', (value) => typeof value === 'string'),
  instant(name, value) {
    const instant = typeof value === 'string' ? parseInstant(value) : undefined
    if (instant !== undefined) return instant
    throw new FieldError(name, 'a time in RFC 3339, such as 2023-04-01T12:33:44.0000000Z', value)
  },
  integer: integerUpTo(2 ** 31 - 1),
  percent: integerUpTo(100),
  bigint: accepting('an integer of 64 bits as text', isInteger),
  decimal: matching('a decimal number as text', /^-?\d{1,400}(\.\d{1,400})?$/),
  double(name, value) {
    if (typeof value !== 'number' && typeof value !== 'bigint') throw new FieldError(name, 'a number', value)
    // JSON in Postgres has no negative zero, but text has.
    return Object.is(value, -0) ? '-0' : value
  },
  boolean: accepting('true or false', (value) => typeof value === 'boolean'),
  quantities: objectOf(
    'a number, or an integer of 64 bits as text',
    (value) => ['number', 'bigint'].includes(typeof value) || isInteger(value),
  ),
  json: objectOf('an object', isJsonObject),
  texts: accepting(
    'a list of texts',
    (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  ),
  sha256: matching('the 64 hexadecimal digits of a SHA-256', /^[0-9a-f]{64}$/),
  base64: matching('bytes in base64', /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
}

/** Returns the line of a row by the names of its members, without a line break. A member without a value is absent. */
export function formatRow(kind: RowKind, row: Readonly<Record<string, unknown>>): string {
  const line: Record<string, JsonValue> = { kind }
  for (const { name, type } of ROW_KINDS[kind] as readonly (LineMember & { readonly name: string })[]) {
    const value = row[name]
    if (value === undefined) continue
    const [inner = '', outer] = name.split('.').reverse()
    const json = format(type, value)
    if (outer === undefined) line[inner] = json
    else line[outer] = { ...(line[outer] as JsonObject | undefined), [inner]: json }
  }
  return formatJson(line)
}

function format(type: MemberType, value: unknown): JsonValue {
  if (type === 'instant') return formatInstant(value as Instant, 7)
  if (type !== 'quantities') return value as JsonValue
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([id, quantity]) => [
      id,
      typeof quantity === 'bigint' ? String(quantity) : quantity,
    ]),
  )
}
