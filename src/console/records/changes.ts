import type { AchievementJson } from '../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import type { Change } from '../parts/diff.tsx'

/** The fields that UpdateAchievement writes, as its mask names them. */
const EDITABLE = [
  'name',
  'description',
  'lockedDescription',
  'hidden',
  'serverOnly',
  'lifecycle',
  'kind',
  'window',
  'participation',
  'requirements',
  'rewards',
  'media',
  'tags',
  'platforms',
  'productId',
  'deepLink',
  'estimatedTime',
  'titleAssociations',
  'ids',
  'extensions',
  'listOrder',
] as const satisfies readonly (keyof AchievementJson)[]

export type EditableField = (typeof EDITABLE)[number]

/** Returns the editable fields that two definitions have differently. */
export function changedFields(before: AchievementJson, after: AchievementJson): readonly EditableField[] {
  return EDITABLE.filter((field) => leavesText(before[field]) !== leavesText(after[field]))
}

/** Returns each value that two definitions have differently, by its path: `name.translations.de`. */
export function changesBetween(before: AchievementJson, after: AchievementJson): readonly Change[] {
  return EDITABLE.flatMap((field) => {
    const [old, current] = [leavesOf(before[field], field), leavesOf(after[field], field)]
    const paths = [...new Set([...old.keys(), ...current.keys()])]
    return paths
      .filter((path) => old.get(path) !== current.get(path))
      .map((path) => ({ field: path, before: old.get(path), after: current.get(path) }))
  })
}

/** Returns a definition with some fields of another one. */
export function withFields(
  base: AchievementJson,
  other: AchievementJson,
  fields: readonly EditableField[],
): AchievementJson {
  const chosen = Object.fromEntries(fields.map((field) => [field, other[field]]))
  return { ...base, ...chosen }
}

function leavesText(value: unknown): string {
  return JSON.stringify([...leavesOf(value, '')].sort())
}

/** Returns the values of a JSON value by path. Defaults, which JSON leaves out, are none. */
function leavesOf(value: unknown, path: string): ReadonlyMap<string, string> {
  if (value === undefined || value === null || value === '' || value === false) return new Map()
  if (typeof value !== 'object')
    return new Map([[path, isEnum(path) ? wordsOf(String(value)) : String(value)]])
  const children = Array.isArray(value)
    ? value.map((each, index) => [`${path}[${index}]`, each] as const)
    : Object.entries(value).map(([name, each]) => [`${path}.${name}`, each] as const)
  return new Map(children.flatMap(([childPath, child]) => [...leavesOf(child, childPath)]))
}

function isEnum(path: string): boolean {
  return /(^|[.\]])(lifecycle|kind|participation|role|operator)$/.test(path)
}

/** Returns the value of an enum as people read it: `unlocked icon` of MEDIA_ROLE_UNLOCKED_ICON. */
function wordsOf(value: string): string {
  return value
    .replace(/^(LIFECYCLE|ACHIEVEMENT_KIND|REWARD_KIND|PARTICIPATION|MEDIA_ROLE|REQUIREMENT_OPERATOR)_/, '')
    .replaceAll('_', ' ')
    .toLowerCase()
}
