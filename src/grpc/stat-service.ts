import type { StatServiceService } from '../gen/laurel/v1/stat_service.ts'
import { LIMITS } from '../model/limits.ts'
import type { Operations } from '../service/operations.ts'
import { readEtag, readId, readPaging, readRequestId, readText } from './convert/scalars.ts'
import { readStat, readStatPatch, writeStat, writeStatValue } from './convert/stat.ts'
import { parse, required } from './convert/violations.ts'
import { type HandlersOf, unary } from './handlers.ts'

export function statService(operations: Operations): HandlersOf<typeof StatServiceService> {
  return {
    createStat: unary(async (message, call) => {
      const request = parse((violations) => ({
        stat: readStat(required(message.stat, 'stat'), violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { stat: writeStat(await operations.createStat(request, call)) }
    }),

    getStat: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        code: readId(message.statCode, 'stat_code', violations),
      }))
      return { stat: writeStat(await operations.getStat(request, call)) }
    }),

    listStats: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        query: readText(message.query, 'query', violations, LIMITS.id),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken = '', totalSize } = await operations.listStats(request, call)
      return { stats: items.map(writeStat), nextPageToken, totalSize }
    }),

    updateStat: unary(async (message, call) => {
      const request = parse((violations) => {
        const stat = required(message.stat, 'stat')
        return {
          titleId: readId(stat.titleId, 'stat.title_id', violations),
          code: readId(stat.statCode, 'stat.stat_code', violations),
          etag: readEtag(stat.etag, 'stat.etag', violations),
          patch: readStatPatch(stat, message.updateMask, violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      return { stat: writeStat(await operations.updateStat(request, call)) }
    }),

    deleteStat: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        code: readId(message.statCode, 'stat_code', violations),
        etag: readEtag(message.etag, 'etag', violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      await operations.deleteStat(request, call)
      return {}
    }),

    listStatValues: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        playerId: readId(message.playerId, 'player_id', violations),
      }))
      const values = await operations.listStatValues(request, call)
      return { values: values.map(writeStatValue) }
    }),
  }
}
