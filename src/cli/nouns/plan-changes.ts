import type { DescMessage } from '@bufbuild/protobuf'
import { isJsonObject, type JsonObject } from '../../model/json.ts'
import { table } from '../terminal.ts'

/** Returns a row for each field that a plan changes, and one for each achievement that it creates or deletes. */
export function planChangeLines(_type: DescMessage, changes: readonly JsonObject[]): readonly string[] {
  const rows = changes.flatMap(({ achievementId, before, after, fields }) => {
    const id = String(achievementId)
    if (before === undefined) return [[id, 'new']]
    if (after === undefined) return [[id, 'deleted']]
    const changed = Array.isArray(fields) ? fields.filter(isJsonObject) : []
    return changed.map(({ field, fromJson, toJson }) => [
      id,
      'changed',
      String(field),
      String(fromJson || 'none'),
      String(toJson || 'none'),
    ])
  })
  return table(['achievement', 'change', 'field', 'from', 'to'], rows)
}
