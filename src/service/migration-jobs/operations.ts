import type { MigrationJobKey } from '../../model/migration-job.ts'
import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { type FeedIdentities, feedIdentities } from './feed-identities.ts'
import { type FeedJob, feedJob } from './feed-job.ts'
import {
  cancelJob,
  createJob,
  deleteJob,
  finishJob,
  getJob,
  listConflicts,
  listJobs,
  listRefusals,
  pauseJob,
  resumeJob,
} from './jobs.ts'
import { planJob } from './plan-job.ts'
import { type ComparedPlatform, reconcilePlatform } from './reconcile-platform.ts'
import { rollbackJob } from './rollback-job.ts'
import { startPermissions } from './start-permissions.ts'
import { type VerifyJob, verifyJob } from './verify-job.ts'

type OfTitle = Pick<MigrationJobKey, 'titleId'>
type OfPlatform = { readonly platform: ComparedPlatform | undefined }
type WithContent<Options> = Options & { readonly content: AsyncIterable<Uint8Array> }

const canRead = ({ titleId }: OfTitle) => [permission.enforcement(titleId, permission.ALL, 'read')]
const canWrite = ({ titleId }: OfTitle) => [permission.enforcement(titleId, permission.ALL, 'update')]

export const MIGRATION_JOB_OPERATIONS = {
  createMigrationJob: operation(createJob, (job) => [...canWrite(job), ...startPermissions(job)]),
  getMigrationJob: operation(getJob, canRead),
  listMigrationJobs: operation(listJobs, canRead),
  feedMigrationJob: operation(
    (services, { content, ...options }: WithContent<FeedJob>, call) =>
      feedJob(services, options, content, call),
    canWrite,
  ),
  feedMigrationIdentities: operation(
    (services, { content, ...options }: WithContent<FeedIdentities>, call) =>
      feedIdentities(services, options, content, call),
    canWrite,
  ),
  planMigrationJob: operation(planJob, canWrite),
  verifyMigrationJob: operation(
    (services, { content, platform, ...options }: WithContent<VerifyJob & OfPlatform>, call) =>
      platform === undefined
        ? verifyJob(services, options, content, call)
        : reconcilePlatform(services, { ...options, ...platform }, content, call),
    canRead,
  ),
  pauseMigrationJob: operation(pauseJob, canWrite),
  resumeMigrationJob: operation(resumeJob, canWrite),
  cancelMigrationJob: operation(cancelJob, canWrite),
  finishMigrationJob: operation(finishJob, canWrite),
  // It deletes progress, as a reset does.
  rollbackMigrationJob: operation(rollbackJob, (job) => [
    ...canWrite(job),
    permission.enforcement(job.titleId, permission.ALL, 'delete'),
  ]),
  deleteMigrationJob: operation(deleteJob, canWrite),
  listMigrationRefusals: operation(listRefusals, canRead),
  listMigrationConflicts: operation(listConflicts, canRead),
}
