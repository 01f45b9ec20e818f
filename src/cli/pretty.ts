import { formatJson } from '../model/exact-json.ts'
import { isJsonObject, type JsonValue } from '../model/json.ts'

/** JSON for reading: what fits stays on one line. */
export function prettyJson(value: JsonValue, width: number, indent = ''): string {
  const flat = formatJson(value)
  if (typeof value !== 'object' || value === null || indent.length + flat.length <= width) return flat
  const inner = `${indent}  `
  const write = (member: JsonValue) => prettyJson(member, width, inner)
  if (isJsonObject(value)) {
    const members = Object.entries(value).map(
      ([name, member]) => `${inner}${formatJson(name)}: ${write(member)}`,
    )
    return `{\n${members.join(',\n')}\n${indent}}`
  }
  return `[\n${value.map((member) => inner + write(member)).join(',\n')}\n${indent}]`
}
