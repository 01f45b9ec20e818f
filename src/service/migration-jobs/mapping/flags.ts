import type { JsonValue } from '../../../model/json.ts'
import type { MappedFlag } from '../../../model/migration-mapping.ts'
import { FieldError } from '../../lines/field-error.ts'

/** Texts that exports write for a missing value, in lower case. */
export const EMPTY_TEXTS: ReadonlySet<string> = new Set([
  '',
  'null',
  'none',
  'nil',
  'n/a',
  'na',
  '-',
  'never',
  '\\n',
])

/** The text that stands for any value but an empty or false one. */
export const ANY_TEXT = '*'

const TRUE_TEXTS: ReadonlySet<string> = new Set(['true', '1', 'yes', 't', 'y'])
const FALSE_TEXTS: ReadonlySet<string> = new Set([...EMPTY_TEXTS, 'false', '0', 'no', 'f', 'n'])
const EXPECTED =
  'one of true, 1, yes, t, y, false, 0, no, f, n, or a text in true_texts of the mapping (then any other text means false)'

/** Returns a reader of flags: undefined if the record has no such member. Without texts of the mapping, an unknown text is refused. */
export function flagReader({
  field,
  trueTexts,
}: MappedFlag): (value: JsonValue | undefined) => boolean | undefined {
  const texts = trueTexts.length === 0 ? TRUE_TEXTS : new Set(trueTexts.map((text) => text.toLowerCase()))
  const takesAny = texts.has(ANY_TEXT)
  return (value) => {
    if (value === undefined) return undefined
    if (value === null) return false
    if (typeof value === 'object') throw new FieldError(field, 'true or false', value)
    if (typeof value === 'boolean' && trueTexts.length === 0) return value
    const text = String(value).trim().toLowerCase()
    if (texts.has(text)) return true
    if (trueTexts.length === 0 && !FALSE_TEXTS.has(text)) throw new FieldError(field, EXPECTED, value)
    return takesAny && !FALSE_TEXTS.has(text)
  }
}
