import { LIMITS } from '../../model/limits.ts'
import { wireName } from '../../model/wire-name.ts'
import type { Violations } from './violations.ts'

/**
 * The reader of each mutable member of a record. Create reads all members, update the members in its mask: one table
 * serves both, so neither can omit a field.
 *
 * A member has the same name in the generated message, and the snake_case name on the wire.
 */
export type FieldReaders<Message, Fields> = {
  readonly [Name in keyof Fields]-?: (message: Message, field: string, violations: Violations) => Fields[Name]
}

export function readFields<Message extends object, Fields>(
  message: Message,
  readers: FieldReaders<Message, Fields>,
  base: string,
  violations: Violations,
): Fields {
  return readNamed(message, readers, Object.keys(readers), base, violations) as Fields
}

/** Reads the members in the mask: all for `*`; without a mask, the members that are set in the message. */
export function readMaskedFields<Message extends object, Fields>(
  message: Message,
  mask: readonly string[] | undefined,
  readers: FieldReaders<Message, Fields>,
  base: string,
  violations: Violations,
): Partial<Fields> {
  const names = Object.keys(readers)
  const requested = mask?.length
    ? namesInMask(mask, names, violations)
    : names.filter((name) => isSet(message, name))
  return readNamed(message, readers, requested, base, violations)
}

function readNamed<Message extends object, Fields>(
  message: Message,
  readers: FieldReaders<Message, Fields>,
  names: readonly string[],
  base: string,
  violations: Violations,
): Partial<Fields> {
  const entries = names.map((name) => {
    const read = readers[name as keyof Fields]
    return [name, read(message, `${base}.${wireName(name)}`, violations)]
  })
  return Object.fromEntries(entries)
}

function namesInMask(
  mask: readonly string[],
  names: readonly string[],
  violations: Violations,
): readonly string[] {
  if (mask.length === 1 && mask[0] === '*') return names
  const byWireName = new Map(names.map((name) => [wireName(name), name]))
  const requested = new Set<string>()
  const { maskPaths } = LIMITS
  if (mask.length > maskPaths)
    violations.add('update_mask', `must be at most ${maskPaths}, not ${mask.length}`)
  for (const path of mask.slice(0, maskPaths)) {
    const name = byWireName.get(path)
    if (name !== undefined) requested.add(name)
    else
      violations.add('update_mask', `must name fields of ${[...byWireName.keys()].join(', ')}, not ${path}`)
  }
  return [...requested]
}

/** Returns whether a field is set. proto3 does not distinguish zero from unset for plain fields. */
export function isSet(message: object, name: string): boolean {
  const value: unknown = Reflect.get(message, name)
  if (Array.isArray(value)) return value.length > 0
  if (value instanceof Map) return value.size > 0
  return value !== undefined && value !== '' && value !== 0 && value !== 0n && value !== false
}
