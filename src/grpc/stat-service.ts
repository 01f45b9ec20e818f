import type { StatServiceServer } from '../gen/laurel/v1/stat_service.ts'
import { createStat } from '../service/create-stat.ts'
import { deleteStat } from '../service/delete-stat.ts'
import { getStat } from '../service/get-stat.ts'
import { listStatValues } from '../service/list-stat-values.ts'
import { listStats } from '../service/list-stats.ts'
import type { Services } from '../service/services.ts'
import { updateStat } from '../service/update-stat.ts'
import type { Logger } from '../telemetry/log.ts'
import { readPaging } from './convert/numbers.ts'
import { readStat, readStatPatch, writeStat, writeStatValue } from './convert/stat.ts'
import { readId, readRequestId } from './convert/texts.ts'
import { parse, required } from './convert/violations.ts'
import { unary } from './unary.ts'

export function statService(services: Services, log: Logger): StatServiceServer {
  return {
    createStat: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        stat: readStat(required(message.stat, 'stat'), violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { stat: writeStat(await createStat(services, request, call)) }
    }),

    getStat: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        code: readId(message.statCode, 'stat_code', violations),
      }))
      return { stat: writeStat(await getStat(services, request, call)) }
    }),

    listStats: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken } = await listStats(services, request, call)
      return { stats: items.map(writeStat), nextPageToken: nextPageToken ?? '' }
    }),

    updateStat: unary(log, async (message, call) => {
      const request = parse((violations) => {
        const stat = required(message.stat, 'stat')
        return {
          titleId: readId(stat.titleId, 'stat.title_id', violations),
          code: readId(stat.statCode, 'stat.stat_code', violations),
          etag: stat.etag || undefined,
          patch: readStatPatch(stat, message.updateMask, violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      return { stat: writeStat(await updateStat(services, request, call)) }
    }),

    deleteStat: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        code: readId(message.statCode, 'stat_code', violations),
        etag: message.etag || undefined,
        requestId: readRequestId(message.requestId, violations),
      }))
      await deleteStat(services, request, call)
      return {}
    }),

    listStatValues: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        playerId: readId(message.playerId, 'player_id', violations),
      }))
      const values = await listStatValues(services, request, call)
      return { values: values.map(writeStatValue) }
    }),
  }
}
