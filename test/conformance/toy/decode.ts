import type { Canonical, DecodeContext } from '../../../src/dialect/adapter.ts'
import { readAs } from '../../../src/dialect/decode-error.ts'
import { BLANK_ACHIEVEMENT, BLANK_PROGRESS, BLANK_RECORD } from '../../../src/dialect/kit/blank.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { toySchema } from './schema.ts'

export function decode(entry: JsonObject, { locale }: Pick<DecodeContext, 'locale'>): Canonical {
  const { game, id, slug, title, secret, player, done } = readAs(toySchema, entry)
  const unknown = Object.entries(entry).filter(([member]) => !Object.hasOwn(toySchema.shape, member))
  const inLocale = (text: string) => ({ locale, text, translations: {} })
  return {
    ...BLANK_RECORD,
    title: { ...BLANK_RECORD.title, binding: { game } },
    achievement: {
      ...BLANK_ACHIEVEMENT,
      id: slug,
      name: inLocale(title),
      description: inLocale(''),
      hidden: secret ?? false,
      ids: { toy: id },
      extensions: unknown.length === 0 ? {} : { toy: Object.fromEntries(unknown) },
    },
    progress:
      typeof done !== 'boolean'
        ? undefined
        : {
            ...BLANK_PROGRESS,
            account: player ?? undefined,
            achievementId: slug,
            state: done ? 'achieved' : 'not_started',
            percent: done ? 100 : 0,
          },
  }
}
