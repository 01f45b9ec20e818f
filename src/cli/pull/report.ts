import type { JsonObject } from '../../model/json.ts'
import { driftLines } from '../drift.ts'
import type { LossTally } from '../losses.ts'
import { count, listing } from '../report.ts'
import type { Job } from './job.ts'
import { type Counts, refusedCount, type Tally } from './tally.ts'

/** What came of a pull, for a person. */
export function reportLines(job: Job, host: string, tally: Tally): readonly string[] {
  const { definitions, progress, players, refused, drift, twins: possibleDuplicates } = tally
  const more = refusedCount(tally) - refused.length
  return [
    ...(job.dryRun ? ['dry run, nothing is kept:'] : []),
    `pulled ${job.dialect} from ${host} into title ${job.titleId}${job.titleExists ? '' : ', which is new'}`,
    ...(job.definitions ? [`  definitions: ${countsOf(definitions)}`] : []),
    ...(job.progress ? progressLines(progress, tally) : []),
    ...listing(
      'refused:',
      ['player', 'where', 'reason', 'why'],
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
      'likely the same as what is here under another id (to join them, use --map):',
      ['id', 'looks like'],
      possibleDuplicates.map(({ achievementId, possibleDuplicates }) => [
        achievementId,
        possibleDuplicates.join(', '),
      ]),
    ),
    ...(tally.twinsCount > possibleDuplicates.length
      ? [`  and ${tally.twinsCount - possibleDuplicates.length} more`]
      : []),
    ...(players.refused > 0 ? [`${count(players.refused, 'player')} could not be pulled`] : []),
  ]
}

/** The same for a program. */
export function reportJson(job: Job, host: string, tally: Tally, losses: LossTally): JsonObject {
  const { refused, drift, twins: possibleDuplicates, losses: lossCount, ...counts } = tally
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
    twins: possibleDuplicates,
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
