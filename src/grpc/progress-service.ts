import type { ProgressServiceServer } from '../gen/laurel/v1/progress_service.ts'
import { LIMITS } from '../model/limits.ts'
import { getPlayerSummary } from '../service/get-player-summary.ts'
import { getProgress } from '../service/get-progress.ts'
import { listProgress } from '../service/list-progress.ts'
import { recordProgress } from '../service/record-progress.ts'
import { recordStats } from '../service/record-stats.ts'
import { resetProgress } from '../service/reset-progress.ts'
import { restoreAchievement } from '../service/restore-achievement.ts'
import { revokeAchievement } from '../service/revoke-achievement.ts'
import type { Services } from '../service/services.ts'
import type { Logger } from '../telemetry/log.ts'
import { batchRecord } from './batch-record.ts'
import { readList } from './convert/collections.ts'
import { readPaging } from './convert/numbers.ts'
import { writePlayerSummary } from './convert/player.ts'
import {
  readStates,
  readView,
  writeProgress,
  writeProgressResult,
  writeStanding,
} from './convert/progress.ts'
import { readReport, readReportHeader } from './convert/report.ts'
import { readStatUpdate, writeStatValue } from './convert/stat.ts'
import { readId, readOptionalId, readRequestId, readText } from './convert/texts.ts'
import { readInstant } from './convert/time.ts'
import { parse, type Violations } from './convert/violations.ts'
import { unary } from './unary.ts'

export function progressService(services: Services, log: Logger): ProgressServiceServer {
  return {
    recordProgress: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        ...readReportHeader(message, violations),
        report: readReport(message.report, violations),
      }))
      return writeProgressResult(await recordProgress(services, request, call))
    }),

    unlockAchievement: unary(log, async (message, call) => {
      const header = parse((violations) => readReportHeader(message, violations))
      const request = { ...header, report: { kind: 'unlock' } } as const
      return writeProgressResult(await recordProgress(services, request, call))
    }),

    recordStats: unary(log, async (message, call) => {
      const request = parse((violations) => {
        if (message.updates.length === 0) violations.add('updates', 'must hold at least one update')
        return {
          ...readPlayerOfTitle(message, violations),
          updates: readList(message.updates, LIMITS.statUpdates, 'updates', violations, readStatUpdate),
          occurredTime: readInstant(message.occurredTime, 'occurred_time', violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      const { values, moved } = await recordStats(services, request, call)
      return { values: values.map(writeStatValue), moved: moved.map(writeProgressResult) }
    }),

    batchRecordProgress: unary(log, async ({ items }, call) => ({
      results: await batchRecord(services, items, call),
    })),

    getProgress: unary(log, async (message, call) => {
      const request = parse((violations) => readStandingName(message, violations))
      const record = await getProgress(services, request, call)
      return { progress: writeProgress(record, record.progress) }
    }),

    listProgress: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        ...readPlayerOfTitle(message, violations),
        ...readPaging(message, violations),
        view: readView(message.view, violations),
        states: readStates(message.states, violations),
      }))
      const { items, nextPageToken } = await listProgress(services, request, call)
      return {
        items: items.map((standing) => writeStanding(request.playerId, standing)),
        nextPageToken: nextPageToken ?? '',
      }
    }),

    revokeAchievement: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        ...readStandingName(message, violations),
        ...readEnforcement(message, violations),
      }))
      const { progress, changed } = writeProgressResult(await revokeAchievement(services, request, call))
      return { progress, changed }
    }),

    restoreAchievement: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        ...readStandingName(message, violations),
        ...readEnforcement(message, violations),
      }))
      const { progress, changed } = writeProgressResult(await restoreAchievement(services, request, call))
      return { progress, changed }
    }),

    resetProgress: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        ...readPlayerOfTitle(message, violations),
        achievementId: readOptionalId(message.achievementId, 'achievement_id', violations),
        ...readEnforcement(message, violations),
      }))
      return { ...(await resetProgress(services, request, call)) }
    }),

    getPlayerSummary: unary(log, async (message, call) => {
      const request = parse((violations) => readPlayerOfTitle(message, violations))
      return { summary: writePlayerSummary(await getPlayerSummary(services, request, call)) }
    }),
  }
}

function readPlayerOfTitle(
  { titleId, playerId }: { readonly titleId: string; readonly playerId: string },
  violations: Violations,
) {
  return {
    titleId: readId(titleId, 'title_id', violations),
    playerId: readId(playerId, 'player_id', violations),
  }
}

function readStandingName(
  message: { readonly titleId: string; readonly playerId: string; readonly achievementId: string },
  violations: Violations,
) {
  return {
    ...readPlayerOfTitle(message, violations),
    achievementId: readId(message.achievementId, 'achievement_id', violations),
  }
}

function readEnforcement(
  { reason, requestId }: { readonly reason: string; readonly requestId: string },
  violations: Violations,
) {
  return {
    reason: readText(reason, 'reason', violations, LIMITS.reason),
    requestId: readRequestId(requestId, violations),
  }
}
