import type { MigrationJob } from '../../model/migration-job.ts'
import { destinations, type Requirement } from '../authorization.ts'

/**
 * Returns the permissions to start a job, beside that to change progress, by the calls that it makes to other systems. Inputs are fed without
 * them: each change is sent as that of a report, by a job that a caller with the permission has started.
 */
export function startPermissions({
  titleId,
  lazySource,
  deliveriesPerSecond,
}: Pick<MigrationJob, 'titleId' | 'lazySource' | 'deliveriesPerSecond'>): readonly Requirement[] {
  return [
    // Its requests carry a credential, as those of destinations do.
    ...(lazySource === undefined ? [] : [destinations(titleId, 'create')]),
    // It sends past changes, as a replay does.
    ...(deliveriesPerSecond === 0 ? [] : [destinations(titleId, 'update')]),
  ]
}
