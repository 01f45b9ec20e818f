import type { LocalizedText as LocalizedTextMessage } from '../../gen/laurel/v1/localized_text.ts'
import { LIMITS } from '../../model/limits.ts'
import type { LocalizedText } from '../../model/localized-text.ts'
import { readMap } from './collections.ts'
import { readLocale, readText } from './texts.ts'
import type { Violations } from './violations.ts'

/** The locale stays empty where the message leaves it to the title: only the caller knows which title. */
export function readLocalizedText(
  message: LocalizedTextMessage,
  field: string,
  violations: Violations,
): LocalizedText {
  for (const tag of message.translations.keys()) readLocale(tag, `${field}.translations`, violations)
  return {
    locale: readLocale(message.locale, `${field}.locale`, violations),
    text: readText(message.text, `${field}.text`, violations),
    translations: readMap(
      message.translations,
      LIMITS.translations,
      `${field}.translations`,
      violations,
      readText,
    ),
  }
}

export function writeLocalizedText({ locale, text, translations }: LocalizedText): LocalizedTextMessage {
  return { locale, text, translations: new Map(Object.entries(translations)) }
}
