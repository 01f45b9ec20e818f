import type { Achievement } from '../model/achievement.ts'
import type { LocalizedText } from '../model/localized-text.ts'
import type { Operations } from '../service/operations.ts'
import type { Call } from '../service/services.ts'

type Texts = Partial<Pick<Achievement, 'name' | 'description' | 'lockedDescription'>>

/** Sets the missing locales: of a text to the name's, of the name to the title's default. */
export async function withLocale<Fields extends Texts>(
  operations: Operations,
  titleId: string,
  fields: Fields,
  call: Call,
): Promise<Fields> {
  const texts = {
    name: fields.name,
    description: fields.description,
    lockedDescription: fields.lockedDescription,
  }
  const open = Object.entries(texts).filter(
    (entry): entry is [string, LocalizedText] => entry[1] !== undefined && entry[1].locale === '',
  )
  if (open.length === 0) return fields
  const locale = fields.name?.locale || (await operations.getTitle({ titleId }, call)).defaultLocale
  return { ...fields, ...Object.fromEntries(open.map(([name, text]) => [name, { ...text, locale }])) }
}
