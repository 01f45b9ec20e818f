import type { JsonValue } from './json.ts'

/** The member that stands for a bigint; a member that is really called so gets one more `$` on the way. */
const MARK = /^\$+bigint$/

/**
 * Any value of the model as text and back: bigints keep their type, members are sorted, so that equal values
 * give equal texts.
 */
export function pack(value: unknown): string {
  return JSON.stringify(value, (_, member) => {
    if (typeof member === 'bigint') return { $bigint: member.toString() }
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    const entries = Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(entries.map(([name, value]) => [MARK.test(name) ? `$${name}` : name, value]))
  })
}

export function unpack<Value>(text: string): Value {
  return JSON.parse(text, (_, member: JsonValue) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    const entries = Object.entries(member)
    if (!entries.some(([name]) => MARK.test(name))) return member
    const [[name, text]] = entries as [[string, JsonValue]]
    if (name === '$bigint') return BigInt(text as string)
    return Object.fromEntries(
      entries.map(([other, value]) => [MARK.test(other) ? other.slice(1) : other, value]),
    )
  })
}
