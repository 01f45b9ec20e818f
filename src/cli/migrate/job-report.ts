import { MigrationJob, MigrationState } from '../../gen/laurel/v1/migration_job.ts'
import { messageJson } from '../../grpc/message-json.ts'
import { count } from '../terminal.ts'

export function jobLines(job: MigrationJob): readonly string[] {
  const [state = 'unknown'] = Object.entries(MigrationState).find(([, value]) => value === job.state) ?? []
  const { recordCount, newCount, changedCount, unchangedCount, skippedCount, olderCount, refusedCount } = job
  const { conflictCount } = job
  const parts = [
    `${newCount} new`,
    `${changedCount} changed`,
    `${unchangedCount} unchanged`,
    ...(skippedCount > 0n ? [`${skippedCount} of other titles`] : []),
    ...(olderCount > 0n ? [`${olderCount} not changed since an earlier run`] : []),
    `${refusedCount} refused`,
  ]
  return [
    `migration job ${job.jobId} ${state.toLowerCase().replaceAll('_', ' ')}: ${count(Number(recordCount), 'record')}: ${parts.join(', ')}`,
    ...(conflictCount > 0n
      ? [
          `${count(Number(conflictCount), 'conflict')} with stored progress: laurel migration-jobs conflicts ${job.titleId} ${job.jobId}`,
        ]
      : []),
  ]
}

export function jobJson(job: MigrationJob): string {
  return JSON.stringify(messageJson('MigrationJob', MigrationJob, job, true))
}
