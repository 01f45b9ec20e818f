import type { JsonValue } from './json.ts'

/**
 * Any value of the model as text and back: bigints keep their type, members are sorted, so that equal values
 * give equal texts.
 */
export function pack(value: unknown): string {
  return JSON.stringify(value, (_, member) => {
    if (typeof member === 'bigint') return { $bigint: member.toString() }
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

export function unpack<Value>(text: string): Value {
  return JSON.parse(text, (_, member: JsonValue) => {
    const packed = typeof member === 'object' && member !== null && '$bigint' in member
    return packed ? BigInt(member['$bigint'] as string) : member
  })
}
