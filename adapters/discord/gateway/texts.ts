import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/model/json.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import type { LocalizedText } from '../../../src/model/localized-text.ts'
import { isLongerThan } from '../../../src/model/text-length.ts'
import { isDiscordLocale, toDiscordLocale } from '../locales.ts'
import { readText, type Text } from '../text.ts'
import { type BodyReader, inShort } from './body-reader.ts'
import type { ApiVersion } from './version.ts'

/** A change of a text; a member that is undefined stays as it is. */
export interface TextChange {
  readonly text: string | undefined
  readonly translations: Text['translations'] | undefined
}

/** A language that Discord does not know is stored as well; a text that is no language tag is refused. */
const LANGUAGE_TAG = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/

/**
 * Reads `name` or `description` in whichever shape it comes: a text, an object of the default and its languages, the
 * languages right beside the default, or in a member of their own. An object replaces all languages. So does a bare
 * text up to v9; in v10 the languages are a member of their own, and stay.
 */
export function readTextChange(
  form: BodyReader,
  member: 'name' | 'description',
  version: ApiVersion,
): TextChange | undefined {
  const value = form.value(member)
  const besideMember = `${member}_localizations`
  const beside = form.raw(besideMember)
  checkLanguages(form, [besideMember], beside)
  if (value === undefined) {
    return beside === undefined
      ? undefined
      : { text: undefined, translations: readText('', beside).translations }
  }
  if (isJsonObject(value)) {
    checkObject(form, member, value)
    return readText(value, beside)
  }
  if (typeof value === 'string') checkLength(form, [member], value)
  else form.refuse([member], 'STRING_TYPE_CONVERT', `Could not interpret "${inShort(value)}" as string.`)
  const { text, translations } = readText(value, beside)
  return { text, translations: beside === undefined && version >= 10 ? undefined : translations }
}

/** The text after a change. Languages that Discord cannot name were not the client's to take away. */
export function changeText(existing: LocalizedText, { text, translations }: TextChange): LocalizedText {
  const remaining = Object.entries(existing.translations).filter(
    ([tag]) => translations === undefined || toDiscordLocale(tag) === undefined,
  )
  return {
    ...existing,
    text: text ?? existing.text,
    translations: { ...Object.fromEntries(remaining), ...translations },
  }
}

function checkObject(form: BodyReader, member: string, value: JsonObject): void {
  const { default: text, localizations, ...others } = value
  if (typeof text === 'string') checkLength(form, [member, 'default'], text)
  else form.require(member, 'default')
  checkLanguages(form, [member, 'localizations'], localizations)
  const flat = Object.entries(others).filter(([code]) => isDiscordLocale(code))
  checkLanguages(form, [member], Object.fromEntries(flat))
}

function checkLanguages(form: BodyReader, path: readonly string[], value: JsonValue | undefined): void {
  if (value === undefined || value === null) return
  if (!isJsonObject(value)) {
    form.refuse(path, 'DICT_TYPE_CONVERT', 'Only dictionaries may be used in a DictType')
    return
  }
  const entries = Object.entries(value)
  if (entries.length > LIMITS.translations) {
    form.refuse(path, 'BASE_TYPE_BAD_LENGTH', `Must be between 0 and ${LIMITS.translations} in length.`)
    return
  }
  for (const [code, text] of entries) {
    const basePath = [...path, code]
    if (isLongerThan(code, LIMITS.locale) || !LANGUAGE_TAG.test(code)) {
      form.refuse(basePath, 'BASE_TYPE_CHOICES', 'Value must be a locale, such as de or pt-BR.')
    } else if (typeof text === 'string') checkLength(form, basePath, text)
    else if (text !== null) {
      form.refuse(basePath, 'STRING_TYPE_CONVERT', `Could not interpret "${inShort(text)}" as string.`)
    }
  }
}

/** Only a name's default must say something. */
function checkLength(form: BodyReader, path: readonly string[], text: string): void {
  const least = path[0] === 'name' && (path[1] ?? 'default') === 'default' ? 1 : 0
  if (text.length >= least && !isLongerThan(text, LIMITS.text)) return
  form.refuse(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${least} and ${LIMITS.text} in length.`)
}
