import type { Achievement } from '../model/achievement.ts'
import type { LocalizedText } from '../model/localized-text.ts'
import { getTitle } from '../service/get-title.ts'
import type { Call, Services } from '../service/services.ts'

type Texts = Partial<Pick<Achievement, 'name' | 'description' | 'lockedDescription'>>

/** Gives texts that leave their locale to the title the title's default. */
export async function withLocale<Fields extends Texts>(
  services: Services,
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
  const { defaultLocale: locale } = await getTitle(services, { titleId }, call)
  return { ...fields, ...Object.fromEntries(open.map(([name, text]) => [name, { ...text, locale }])) }
}
