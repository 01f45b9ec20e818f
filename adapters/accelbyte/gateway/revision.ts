import type { Achievement, Requirement, StoredAchievement } from '../../../src/model/achievement.ts'
import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../../../src/model/json.ts'
import type { Extensions } from '../../../src/model/title.ts'
import { writeIcons } from '../values.ts'
import { writeDefinition } from './definition.ts'
import { checkDefinition, readDefinition } from './definition-request.ts'

type Patch = Partial<Omit<Achievement, 'id' | 'createTime' | 'updateTime'>>

const FIELDS = ['name', 'description', 'hidden', 'participation', 'media', 'tags'] as const

/**
 * Returns the patch of an update: the members that differ from the record in the service's own format. So members that AccelByte
 * does not have stay unchanged, and so do members that a client left out or set to null.
 */
export function revise(current: StoredAchievement, sent: JsonObject, strict: boolean): Patch {
  const written = writeDefinition(current, '')
  const before = readDefinition(written)
  const after = readDefinition({
    ...written,
    ...sent,
    ...languageOf(written, sent),
    achievementCode: current.id,
  })
  const changed = FIELDS.filter((name) => !sameJson(before[name], after[name]))
  const patch: Patch = {
    ...Object.fromEntries(changed.map((name) => [name, after[name]])),
    ...(changed.includes('media') ? { media: reviseMedia(current.media, after.media) } : {}),
    ...(sameJson(before.requirements, after.requirements)
      ? {}
      : { requirements: after.requirements.map((goal) => sameGoal(current, goal)) }),
    ...(sameJson(before.extensions, after.extensions)
      ? {}
      : { extensions: reviseExtension(current.extensions, before.extensions, after.extensions) }),
  }
  checkDefinition({ ...current, ...patch }, strict)
  return patch
}

/**
 * Texts are replaced as a whole, and clients that replace them by another language may leave out which is the
 * default one: then it is that language.
 */
function languageOf(written: JsonObject, sent: JsonObject): JsonObject {
  const { name, description = written['description'], defaultLanguage } = sent
  if (defaultLanguage !== undefined || !isJsonObject(name) || !isJsonObject(description)) return {}
  const current = String(written['defaultLanguage'])
  const languages = Object.keys(name)
  if (languages.some((tag) => tag.toLowerCase() === current.toLowerCase())) return {}
  const next = languages.find((tag) => Object.hasOwn(description, tag)) ?? languages[0] ?? current
  return { defaultLanguage: next }
}

/** A goal that moves is the same one: what players have of it is counted under its name. */
function sameGoal({ requirements }: StoredAchievement, goal: Requirement): Requirement {
  const [only, ...others] = requirements
  if (only === undefined || others.length > 0 || only.operator !== 'at_least') return goal
  const isCount = only.valueType === 'integer' && Number.isSafeInteger(goal.target)
  return isCount
    ? { ...goal, id: only.id, valueType: 'integer', target: BigInt(goal.target) }
    : { ...goal, id: only.id }
}

type Media = Achievement['media']

/** Pictures that are no icons are other platforms'. An icon of both states that both lists still have stays one. */
function reviseMedia(current: Media, sent: Media): Media {
  const others = current.filter(({ role }) => !role.endsWith('icon'))
  const shared = current.filter(
    (icon) =>
      icon.role === 'icon' &&
      STATES.every((role) => sent.some((asset) => asset.role === role && isSamePicture(asset, icon))),
  )
  const rest = sent.filter((asset) => !shared.some((icon) => isSamePicture(asset, icon)))
  const joined = [...shared, ...rest]
  const isAsSent = STATES.every((role) => sameJson(writeIcons(joined, role), writeIcons(sent, role)))
  return [...(isAsSent ? joined : sent), ...others]
}

const STATES = ['unlocked_icon', 'locked_icon'] as const

function isSamePicture(left: Media[number], right: Media[number]): boolean {
  return left.name === right.name && left.url === right.url
}

/** Applies the changed members to the current extension, whose other members stay. */
function reviseExtension(current: Extensions, before: Extensions, after: Extensions): Extensions {
  const members = new Map(Object.entries<JsonValue>(current['accelbyte'] ?? {}))
  const [old, next] = [before['accelbyte'] ?? {}, after['accelbyte'] ?? {}]
  for (const name of Object.keys(old)) if (!Object.hasOwn(next, name)) members.delete(name)
  for (const [name, value] of Object.entries(next)) members.set(name, value)
  const { accelbyte: _, ...others } = current
  return members.size === 0 ? others : { ...others, accelbyte: Object.fromEntries(members) }
}
