import { ProgressServiceService } from '../gen/laurel/v1/progress_service.ts'
import { LIMITS } from '../model/limits.ts'
import type { Operations } from '../service/operations.ts'
import { batchRecord } from './batch-record.ts'
import { readList } from './convert/collections.ts'
import { writePlayerSummary } from './convert/player.ts'
import {
  readRecordProgress,
  readStates,
  readView,
  writeContribution,
  writeProgress,
  writeProgressResult,
} from './convert/progress.ts'
import { readId, readOptionalId, readPaging, readRequestId, readText } from './convert/scalars.ts'
import { readStatUpdate, writeStatValue } from './convert/stat.ts'
import { readInstant } from './convert/time.ts'
import { parse, type Violations } from './convert/violations.ts'
import { bidiStream, type HandlersOf, unary } from './handlers.ts'
import { encodeListProgress } from './list-progress.ts'
import { streamProgress } from './stream-progress.ts'

/** `listProgress` returns encoded bytes: a list consists mostly of definitions, whose encodings are cached. */
export const PROGRESS_SERVICE = {
  ...ProgressServiceService,
  listProgress: { ...ProgressServiceService.listProgress, responseSerialize: (bytes: Buffer) => bytes },
}

export function progressService(operations: Operations): HandlersOf<typeof PROGRESS_SERVICE> {
  return {
    recordProgress: unary(async (message, call) => {
      const request = parse((violations) => readRecordProgress(message, violations))
      return writeProgressResult(await operations.recordProgress(request, call))
    }),

    unlockAchievement: unary(async (message, call) => {
      const unlock = { ...message, report: { $case: 'unlock', value: true } } as const
      const request = parse((violations) => readRecordProgress(unlock, violations))
      return writeProgressResult(await operations.recordProgress(request, call))
    }),

    recordStats: unary(async (message, call) => {
      const request = parse((violations) => {
        if (message.updates.length === 0) violations.add('updates', 'must hold at least one update')
        return {
          ...readPlayerOfTitle(message, violations),
          updates: readList(message.updates, LIMITS.statUpdates, 'updates', violations, readStatUpdate),
          occurredTime: readInstant(message.occurredTime, 'occurred_time', violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      const { values, progressResults, contributions } = await operations.recordStats(request, call)
      return {
        values: values.map(writeStatValue),
        progressResults: progressResults.map(writeProgressResult),
        contributions: contributions.map(writeContribution),
      }
    }),

    batchRecordProgress: unary(async ({ items }, call) => ({
      results: await batchRecord(operations, items, call),
    })),

    streamProgress: bidiStream((messages, call) => streamProgress(operations, messages, call)),

    getProgress: unary(async (message, call) => {
      const request = parse((violations) => readProgressKey(message, violations))
      const record = await operations.getProgress(request, call)
      return { progress: writeProgress(record, record.progress) }
    }),

    listProgress: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readPlayerOfTitle(message, violations),
        ...readPaging(message, violations),
        view: readView(message.view, violations),
        states: readStates(message.states, violations),
      }))
      return encodeListProgress(request.playerId, await operations.listProgress(request, call))
    }),

    grantAchievement: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readProgressKey(message, violations),
        ...readEnforcement(message, violations),
      }))
      const { progress, changed } = writeProgressResult(await operations.grantAchievement(request, call))
      return { progress, changed }
    }),

    revokeAchievement: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readProgressKey(message, violations),
        ...readEnforcement(message, violations),
      }))
      const { progress, changed } = writeProgressResult(await operations.revokeAchievement(request, call))
      return { progress, changed }
    }),

    restoreAchievement: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readProgressKey(message, violations),
        ...readEnforcement(message, violations),
      }))
      const { progress, changed } = writeProgressResult(await operations.restoreAchievement(request, call))
      return { progress, changed }
    }),

    resetProgress: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readPlayerOfTitle(message, violations),
        achievementId: readOptionalId(message.achievementId, 'achievement_id', violations),
        ...readEnforcement(message, violations),
      }))
      return { ...(await operations.resetProgress(request, call)) }
    }),

    getPlayerSummary: unary(async (message, call) => {
      const request = parse((violations) => readPlayerOfTitle(message, violations))
      return { summary: writePlayerSummary(await operations.getPlayerSummary(request, call)) }
    }),

    listPlayerSummaries: unary(async (message, call) => {
      const playerId = parse((violations) => readId(message.playerId, 'player_id', violations))
      const titles = await operations.listPlayerTitles({ playerId }, call)
      return { summaries: titles.map(({ summary }) => writePlayerSummary(summary)) }
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

function readProgressKey(
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
