import type { JsonObject } from '../../model/json.ts'
import { driftLines } from '../drift.ts'
import type { LossTally } from '../losses.ts'
import { count, listing } from '../terminal.ts'
import type { Job } from './job.ts'
import { type Counts, refusedCount, type Tally } from './tally.ts'

export function reportLines(job: Job, host: string, tally: Tally): readonly string[] {
  const { definitions, progress, players, refused, drift, possibleDuplicates } = tally
  const more = refusedCount(tally) - refused.length
  return [
    ...(job.dryRun ? ['dry run, nothing is stored:'] : []),
    `pulled ${job.dialect} from ${host} into title ${job.titleId}${job.titleExists ? '' : ', which is new'}`,
    ...(job.definitions ? [`  definitions: ${countsOf(definitions)}`] : []),
    ...(job.progress ? progressLines(progress, tally) : []),
    ...listing(
      'refused:',
      ['player', 'request', 'reason', 'message'],
      refused.map(({ playerId, request, path, reason, message }) => [
        playerId,
        `${request} ${path}`.trim(),
        reason,
        message,
      ]),
    ),
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...driftLines(drift, tally.driftCount),
    ...listing(
      'possible duplicates of achievements with another id (to join them, use --map):',
      ['id', 'possible duplicate of'],
      possibleDuplicates.map(({ achievementId, possibleDuplicates }) => [
        achievementId,
        possibleDuplicates.join(', '),
      ]),
    ),
    ...(tally.possibleDuplicatesCount > possibleDuplicates.length
      ? [`  and ${tally.possibleDuplicatesCount - possibleDuplicates.length} more`]
      : []),
    ...(players.refused > 0 ? [`${count(players.refused, 'player')} could not be pulled`] : []),
  ]
}

export function reportJson(job: Job, host: string, tally: Tally, losses: LossTally): JsonObject {
  const { refused, drift, possibleDuplicates, losses: lossCount, ...counts } = tally
  return {
    dialect: job.dialect,
    host,
    titleId: job.titleId,
    dryRun: job.dryRun,
    ...counts,
    refusedCount: refusedCount(tally),
    lossCount,
    refused,
    drift,
    possibleDuplicates,
    losses: losses.json(),
  }
}

function progressLines(progress: Counts, { players, newlyUnlocked }: Tally): readonly string[] {
  return [
    `  progress of ${count(players.pulled, 'player')}: ${countsOf(progress)}`,
    `  newly unlocked ${newlyUnlocked}`,
  ]
}

function countsOf({ new: created, changed, unchanged, ignored, refused }: Counts): string {
  return `new ${created}, changed ${changed}, unchanged ${unchanged}, ignored ${ignored}, refused ${refused}`
}
