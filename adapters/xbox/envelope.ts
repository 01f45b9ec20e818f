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

  readEnvelope(envelope, losses) {
    for (const [name, value] of Object.entries(envelope)) {
      if (name === 'pagingInfo' && isJsonObject(value)) {
        for (const [member, inner] of Object.entries(value)) {
          const counted = member === 'totalRecords' || member === 'totalItems'
          const last = member === 'continuationToken' && (inner === null || inner === '')
          if (!counted && !last)
            losses.dropped([name, member], inner, 'there is no next page where this goes')
        }
      } else if (name === 'action' ? value !== ACTION : !isKept(name, value)) {
        losses.dropped([name], value, 'it stands beside the list and in no entry')
      }
    }
  },
}

function isKept(name: string, value: unknown): boolean {
  return REQUEST_MEMBERS.some((member) => member === name) || (name === 'version' && value === NEVER)
}
