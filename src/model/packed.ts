import type { JsonValue } from './json.ts'

/** The member that stands for a bigint. A real member of this name is escaped by one more `$`. */
const MARK = /^\$+bigint$/
/** Fast path: names that need no escape. */
const PLAIN = /^\w+$/
/** Fast path: texts that need no escape. */
const UNESCAPED = /^[ !#-[\]-~]*$/

/** Returns a value of the model as JSON: bigints keep their type, and members are sorted, so that equal values give equal texts. */
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
      // Undefined in an array becomes null, as in JSON.
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

/** Sorting takes longer than all the rest, and most callers write members in sorted order. */
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
