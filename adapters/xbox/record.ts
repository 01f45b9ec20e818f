import type { Canonical } from '../../src/dialect/adapter.ts'
import { type LocalizedText, textFor } from '../../src/model/localized-text.ts'

/** Xbox's id of the achievement that a record is about. */
export function achievementIdOf({ achievement, progress }: Canonical): string {
  return achievement?.ids['xbox'] ?? achievement?.id ?? progress?.achievementId ?? ''
}

/** The one text that a document carries: in the wanted language, else the default. */
export function textIn(text: LocalizedText | undefined, locale: string | undefined): string {
  if (text === undefined) return ''
  return locale === undefined ? text.text : textFor(text, [locale])
}

export function titleName({ title, achievement }: Canonical): string {
  return title.displayName ?? achievement?.titleAssociations[0]?.name ?? ''
}
