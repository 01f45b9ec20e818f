import type {
  AuditEntryJson,
  AuditResourceTypeJson,
} from '../../clients/typescript/gen/laurel/v1/audit_pb.js'
import type { Change } from '../parts/diff.tsx'
import { pathTo } from '../router.ts'

type ResourceType = Exclude<AuditResourceTypeJson, 'AUDIT_RESOURCE_TYPE_UNSPECIFIED'>

/** The types of resources, by their names for people. */
export const RESOURCE_TYPES: Readonly<Record<ResourceType, string>> = {
  AUDIT_RESOURCE_TYPE_TITLE: 'Title',
  AUDIT_RESOURCE_TYPE_ACHIEVEMENT: 'Achievement',
  AUDIT_RESOURCE_TYPE_STAT: 'Stat',
  AUDIT_RESOURCE_TYPE_PLAYER: 'Player',
  AUDIT_RESOURCE_TYPE_DESTINATION: 'Destination',
  AUDIT_RESOURCE_TYPE_PROGRESS: 'Progress',
  AUDIT_RESOURCE_TYPE_STAT_VALUE: 'Stat value',
  AUDIT_RESOURCE_TYPE_IMPORT: 'Import',
  AUDIT_RESOURCE_TYPE_CREDENTIAL: 'Credential',
  AUDIT_RESOURCE_TYPE_PLAN: 'Plan',
  AUDIT_RESOURCE_TYPE_IMAGE: 'Image',
  AUDIT_RESOURCE_TYPE_MIGRATION_JOB: 'Migration job',
}

export function resourceTypeOf({ resourceType }: AuditEntryJson): string {
  return RESOURCE_TYPES[resourceType as ResourceType] ?? ''
}

/** Returns the path of the page of the resource; undefined if there is none. */
export function resourcePath({
  resourceType,
  titleId = '',
  resourceId = '',
  playerId = '',
}: AuditEntryJson): string | undefined {
  // A digest stands for a deleted player.
  const hasPlayer = playerId !== '' && !playerId.startsWith('sha256:')
  switch (resourceType) {
    case 'AUDIT_RESOURCE_TYPE_TITLE':
      return pathTo('titles', titleId)
    case 'AUDIT_RESOURCE_TYPE_ACHIEVEMENT':
      return pathTo('titles', titleId, 'achievements', resourceId)
    case 'AUDIT_RESOURCE_TYPE_PLAYER':
      return hasPlayer ? pathTo('players', playerId) : undefined
    case 'AUDIT_RESOURCE_TYPE_PROGRESS':
      return hasPlayer ? pathTo('titles', titleId, 'players', playerId) : undefined
    case 'AUDIT_RESOURCE_TYPE_DESTINATION':
      return pathTo('titles', titleId, 'destinations', resourceId)
    default:
      return undefined
  }
}

/** Members that change with each write and tell nothing. */
const NOISE = new Set(['etag', 'updateTime', 'update_time'])

/** Returns the values that two records have differently, by their paths. */
export function changesBetween(before: unknown, after: unknown): readonly Change[] {
  const [old, current] = [valuesOf(before), valuesOf(after)]
  const paths = [...new Set([...old.keys(), ...current.keys()])]
  return paths
    .filter((path) => !NOISE.has(path) && old.get(path) !== current.get(path))
    .map((field) => ({ field, before: old.get(field), after: current.get(field) }))
}

/** Returns the values of a record as text, by path: `name.translations.de`, `tags[0]`. */
function valuesOf(record: unknown): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const visit = (value: unknown, path: string) => {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, `${path}[${index}]`)
    else if (typeof value === 'object' && value !== null)
      for (const [name, member] of Object.entries(value))
        visit(member, path === '' ? name : `${path}.${name}`)
    else values.set(path, String(value))
  }
  if (record !== undefined) visit(record, '')
  return values
}
