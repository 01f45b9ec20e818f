import type { JsonValue } from './json.ts'

/** The member that stands for a bigint; a member that is really called so gets one more `$` on the way. */
const MARK = /^\$+bigint$/
/** Most members are called so. */
const PLAIN = /^\w+$/
/** Most texts stand in JSON as they are. */
const UNESCAPED = /^[ !#-[\]-~]*$/

/**
 * Any value of the model as text and back: bigints keep their type, members are sorted, so that equal values
 * give equal texts.
 */
export function pack(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return UNESCAPED.test(value) ? `"${value}"` : JSON.stringify(value)
    case 'bigint':
      return `{"$bigint":"${value}"}`
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? packArray(value) : packObject(value as Readonly<Record<string, unknown>>)
    default:
      // As JSON does it: what has no text is nothing.
      return JSON.stringify(value) ?? 'null'
  }
}

function packArray(items: readonly unknown[]): string {
  let text = '['
  for (const item of items) text += text === '[' ? pack(item) : `,${pack(item)}`
  return `${text}]`
}

function packObject(members: Readonly<Record<string, unknown>>): string {
  let text = '{'
  for (const name of sorted(Object.keys(members))) {
    const member = members[name]
    if (member === undefined) continue
    text += `${text === '{' ? '' : ','}${packName(name)}:${pack(member)}`
  }
  return `${text}}`
}

/** To sort takes longer than all the rest, and those who pack much write members in their order. */
function sorted(names: string[]): readonly string[] {
  for (let index = 1; index < names.length; index += 1) {
    if ((names[index - 1] as string) > (names[index] as string)) return names.sort()
  }
  return names
}

function packName(name: string): string {
  if (PLAIN.test(name)) return `"${name}"`
  return JSON.stringify(MARK.test(name) ? `$${name}` : name)
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
