import type {
  RemainingProgress,
  RollbackMigrationJobResponse,
} from '../../gen/laurel/v1/migration_job_service.ts'
import { formatJson } from '../../model/exact-json.ts'
import { responsesOf } from '../client.ts'
import { Failure } from '../failure.ts'
import { startCountMeter } from '../meter.ts'
import { listing, print } from '../terminal.ts'
import { connectJobs, type JobKey } from './connection.ts'

export interface RollbackOptions {
  readonly reason: string
  readonly json?: true
}

/** Rows that are printed; JSON has all. */
const MAX_SHOWN = 20

/** @returns whether all progress and stats of the job were taken back */
export async function runRollback(
  key: JobKey,
  { reason, json }: RollbackOptions,
  signal: AbortSignal,
): Promise<boolean> {
  using client = await connectJobs()
  const remaining: RemainingProgress[] = []
  let last: RollbackMigrationJobResponse | undefined
  {
    using meter = startCountMeter('row')
    for await (const part of responsesOf(() => client.rollbackMigrationJob({ ...key, reason }), signal)) {
      remaining.push(...part.remaining)
      meter.update(Number(part.deletedCount + part.restoredCount))
      last = part
    }
  }
  if (last?.job === undefined)
    throw new Failure(['the response was cut short: run the command again to go on'])
  const { deletedCount, restoredCount, remainingCount, restoredStatCount, remainingStatCount } = last
  if (json)
    print([
      formatJson({
        deletedCount,
        restoredCount,
        restoredStatCount,
        remainingStatCount,
        remaining: remaining.map((row) => ({ ...row })),
      }),
    ])
  else {
    print([
      `migration job ${key.jobId} rolled back: ${deletedCount} deleted, ${restoredCount} restored, ${remainingCount} stay`,
      ...(restoredStatCount + remainingStatCount === 0n
        ? []
        : [`stats: ${restoredStatCount} restored, ${remainingStatCount} changed since, so they stay`]),
      ...listing(
        'changed since, so they stay:',
        ['player', 'achievement'],
        remaining.slice(0, MAX_SHOWN).map(({ playerId, achievementId }) => [playerId, achievementId]),
      ),
    ])
  }
  return remainingCount + remainingStatCount === 0n
}
