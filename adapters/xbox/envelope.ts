import type { Envelope } from '../../src/dialect/adapter.ts'
import { isJsonObject } from '../../src/model/json.ts'
import { NEVER } from './formats.ts'
import { ACTION, REQUEST_MEMBERS } from './update.ts'

/** Writes the paging member alone beside a list: it counts the entries. */
export const envelope: Envelope = {
  lists: ['achievements', 'titles', 'featuredAchievements'],
  context: ['action', 'serviceConfigId', 'titleId', 'userId'],

  /** Update requests name their own entries, so that a list of them is a bare array. */
  listMember(shape) {
    if (shape === 'update') return undefined
    return shape === 'title' ? 'titles' : 'achievements'
  },

  trailer(shape, count) {
    if (shape === 'update') return {}
    const pagingInfo = { continuationToken: null, totalRecords: count }
    return shape === 'legacy' ? { pagingInfo, version: NEVER } : { pagingInfo }
  },

  readEnvelope(envelope, losses, shapes) {
    for (const [name, value] of Object.entries(envelope)) {
      if (name === 'pagingInfo' && isJsonObject(value)) {
        for (const [member, inner] of Object.entries(value)) {
          const counted = member === 'totalRecords' || member === 'totalItems'
          const last = member === 'continuationToken' && (inner === null || inner === '')
          if (!counted && !last)
            losses.dropped([name, member], inner, 'there is no next page where this goes')
        }
      } else if (!isCarried(name, value, shapes)) {
        losses.dropped([name], value, 'it stands beside the list and in no entry')
      }
    }
  },
}

/** Each update carries the members of its request; all other entries carry none. */
function isCarried(name: string, value: unknown, shapes: ReadonlySet<string | undefined>): boolean {
  if (name === 'version') return value === NEVER
  if (name === 'action' && value !== ACTION) return false
  return shapes.has('update') && REQUEST_MEMBERS.some((member) => member === name)
}
