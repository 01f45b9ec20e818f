import { LossReport } from '../../../src/dialect/losses.ts'
import type { Achievement } from '../../../src/model/achievement.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/model/json.ts'
import { bestLocale } from '../../../src/model/locale-match.ts'
import { MAX_TAGS } from '../decode.ts'
import { encode } from '../encode.ts'

/** The members of the extension that responses have; the others are original texts of a document. */
const SHOWN_MEMBERS = ['GoalValue', 'StatCode', 'Name', 'Description', 'CustomAttributes']

/** `models.AchievementResponse`: for those who write definitions, with all texts. */
export function writeDefinition(achievement: Achievement, namespace: string): JsonObject {
  const shown = Object.entries(achievement.extensions['accelbyte'] ?? {}).filter(
    ([name, value]) => SHOWN_MEMBERS.includes(name) && (name !== 'CustomAttributes' || isJsonObject(value)),
  )
  const plain = { ...achievement, extensions: { accelbyte: Object.fromEntries(shown) } }
  const title = { binding: { namespace }, displayName: undefined, extensions: {} }
  const record = { title, achievement: plain, progress: undefined, summary: undefined }
  const context = { locale: undefined, shape: 'rest', purpose: 'definition', account: undefined } as const
  return encode(record, new LossReport(), context)
}

/** `models.PublicAchievementResponse`: for game clients, in one language; the default one where it is not there. */
export function writePublicDefinition(
  achievement: Achievement,
  namespace: string,
  language: string,
): JsonObject {
  const { defaultLanguage, ...definition } = writeDefinition(achievement, namespace)
  const usual = String(defaultLanguage)
  return {
    ...definition,
    name: textIn(definition['name'], language, usual),
    description: textIn(definition['description'], language, usual),
  }
}

function textIn(texts: JsonValue | undefined, language: string, usual: string): string {
  if (!isJsonObject(texts)) return ''
  const best = bestLocale(language, [usual, ...Object.keys(texts)]) ?? usual
  return Object.hasOwn(texts, best) ? String(texts[best]) : ''
}

/** As many tags as the service shows; the others are no part of its definition. */
export function tagsOf({ tags }: Achievement): readonly string[] {
  return tags.slice(0, MAX_TAGS)
}
