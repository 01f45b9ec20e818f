import type { MigrationJob } from '../../model/migration-job.ts'
import type { MigrationProgress } from '../../store/migration-jobs/migration-jobs.ts'
import type { Queries } from '../../store/queries.ts'

/** Adds to the counts of a running job, which must be locked. The job pauses once too many records were refused; resumed, it goes on. */
export function addCounts(
  queries: Queries,
  job: MigrationJob,
  progress: Omit<MigrationProgress, 'state' | 'pauseReason'>,
): Promise<MigrationJob> {
  const { refused } = job.counts
  const isWrong = refused <= job.maxRefusals && refused + progress.counts.refused > job.maxRefusals
  return queries.migrationJobs.advance(job, {
    ...progress,
    state: isWrong ? 'paused' : 'running',
    pauseReason: isWrong ? tooManyRefusals(job) : '',
  })
}

function tooManyRefusals({ maxRefusals }: MigrationJob): string {
  return `more than ${maxRefusals} records were refused: see why, and correct the mapping or resume the job`
}
