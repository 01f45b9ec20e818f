import type { Achievement } from './achievement.ts'

const TEXTS = ['name', 'description', 'lockedDescription'] as const

/** The texts of a definition or of a patch of one; the locale of a text is empty if its author stated none. */
export type Texts = Partial<Pick<Achievement, (typeof TEXTS)[number]>>

/** Whether a text states no locale. */
export function hasOpenLocale(texts: Texts): boolean {
  return TEXTS.some((name) => texts[name]?.locale === '')
}

/** Sets the missing locales: of a text to the name's, of the name to the given one. */
export function withLocales<Fields extends Texts>(fields: Fields, locale: string): Fields {
  const stated = fields.name?.locale || locale
  const open = TEXTS.flatMap((name) => {
    const text = fields[name]
    return text?.locale === '' ? [[name, { ...text, locale: stated }] as const] : []
  })
  return { ...fields, ...Object.fromEntries(open) }
}
