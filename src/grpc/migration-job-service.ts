import type {
  MigrationJobServiceService,
  PlanMigrationJobRequest,
  VerifyMigrationJobRequest,
} from '../gen/laurel/v1/migration_job_service.ts'
import { LIMITS } from '../model/limits.ts'
import type { PlanJob } from '../service/migration-jobs/plan-job.ts'
import type { ComparedPlatform } from '../service/migration-jobs/reconcile-platform.ts'
import type { Operations } from '../service/operations.ts'
import {
  readJobKey,
  readMigrationJob,
  writeConflict,
  writeMigrationJob,
  writeRefusal,
  writeSource,
} from './convert/migration-job.ts'
import { readMapping } from './convert/migration-mapping.ts'
import { writePlannedJob, writeVerified } from './convert/migration-results.ts'
import { readId, readOptionalId, readPaging, readSourceName, readText } from './convert/scalars.ts'
import { parse, type Violations } from './convert/violations.ts'
import { openDocument } from './document-stream.ts'
import { bidiStream, type HandlersOf, serverStream, unary } from './handlers.ts'

type KeyMessage = { readonly titleId: string; readonly jobId: string }
type ListMessage = KeyMessage & { readonly pageSize: number; readonly pageToken: string }

export function migrationJobService(operations: Operations): HandlersOf<typeof MigrationJobServiceService> {
  const ofJob = (change: Operations['pauseMigrationJob']) =>
    unary(async (message: KeyMessage, call) => {
      const key = parse((violations) => readJobKey(message, violations))
      return { job: writeMigrationJob(await change(key, call)) }
    })
  const readJobPaging = (message: ListMessage) =>
    parse((violations) => ({ ...readJobKey(message, violations), ...readPaging(message, violations) }))

  return {
    createMigrationJob: unary(async (message, call) => {
      const job = parse((violations) => readMigrationJob(message.job, violations))
      return { job: writeMigrationJob(await operations.createMigrationJob(job, call)) }
    }),

    getMigrationJob: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readJobKey(message, violations),
        source: message.source === '' ? undefined : readSourceName(message.source, violations),
      }))
      const { job, sources } = await operations.getMigrationJob(request, call)
      return { job: writeMigrationJob(job, sources) }
    }),

    listMigrationJobs: unary(async (message, call) => {
      const { titleId, pageSize, pageToken } = readJobPaging({ ...message, jobId: '-' })
      const page = await operations.listMigrationJobs({ titleId, pageSize, pageToken }, call)
      return {
        jobs: page.items.map((job) => writeMigrationJob(job)),
        nextPageToken: page.nextPageToken ?? '',
      }
    }),

    feedMigrationJob: bidiStream(async function* (messages, call) {
      const { first, content } = await openDocument(messages)
      const { position, ...options } = parse((violations: Violations) => ({
        ...readJobKey(first, violations),
        source: readSourceName(first.source, violations),
        position: readSize(first.position, 'position', violations),
      }))
      const parts = first.identities
        ? operations.feedMigrationIdentities({ ...options, content }, call)
        : operations.feedMigrationJob({ ...options, position, content }, call)
      for await (const { job, source } of parts)
        yield { job: writeMigrationJob(job), source: writeSource(source) }
    }),

    planMigrationJob: unary(async (message, call) => {
      const request = parse((violations) => readPlan(message, violations))
      return writePlannedJob(request.titleId, await operations.planMigrationJob(request, call))
    }),

    verifyMigrationJob: bidiStream(async function* (messages, call) {
      const { first, content } = await openDocument(messages)
      const options = parse((violations) => ({
        ...readJobKey(first, violations),
        source: readSourceName(first.source, violations),
        allDifferences: first.allDifferences,
        platform: readPlatform(first, violations),
      }))
      for await (const part of operations.verifyMigrationJob({ ...options, content }, call))
        yield writeVerified(part)
    }),

    pauseMigrationJob: ofJob(operations.pauseMigrationJob),
    resumeMigrationJob: ofJob(operations.resumeMigrationJob),
    cancelMigrationJob: ofJob(operations.cancelMigrationJob),
    finishMigrationJob: ofJob(operations.finishMigrationJob),

    rollbackMigrationJob: serverStream(async function* (message, call) {
      const request = parse((violations) => {
        if (message.reason === '') violations.add('reason', 'must be set')
        return {
          ...readJobKey(message, violations),
          reason: readText(message.reason, 'reason', violations, LIMITS.reason),
        }
      })
      for await (const part of operations.rollbackMigrationJob(request, call))
        yield {
          deletedCount: BigInt(part.deletedCount),
          restoredStatCount: BigInt(part.restoredStatCount),
          remainingStatCount: BigInt(part.remainingStatCount),
          restoredCount: BigInt(part.restoredCount),
          remainingCount: BigInt(part.remainingCount),
          remaining: part.remaining.map(({ playerId, achievementId }) => ({ playerId, achievementId })),
          job: part.job && writeMigrationJob(part.job),
        }
    }),

    deleteMigrationJob: unary(async (message, call) => {
      await operations.deleteMigrationJob(
        parse((violations) => readJobKey(message, violations)),
        call,
      )
      return {}
    }),

    listMigrationRefusals: unary(async (message, call) => {
      const page = await operations.listMigrationRefusals(readJobPaging(message), call)
      return { refusals: page.items.map(writeRefusal), nextPageToken: page.nextPageToken ?? '' }
    }),

    listMigrationConflicts: unary(async (message, call) => {
      const page = await operations.listMigrationConflicts(readJobPaging(message), call)
      return { conflicts: page.items.map(writeConflict), nextPageToken: page.nextPageToken ?? '' }
    }),
  }
}

function readPlatform(
  { dialect: text, hasCompleteLists }: VerifyMigrationJobRequest,
  violations: Violations,
): ComparedPlatform | undefined {
  const dialect = readOptionalId(text, 'dialect', violations)
  return dialect === undefined ? undefined : { dialect, hasCompleteLists }
}

function readPlan(message: PlanMigrationJobRequest, violations: Violations): PlanJob {
  if (message.content.length === 0) violations.add('content', 'must be set')
  return {
    titleId: readId(message.titleId, 'title_id', violations),
    source: readSourceName(message.source, violations),
    content: message.content,
    totalBytes: readSize(message.totalBytes, 'total_bytes', violations),
    mapping: message.mapping && readMapping(message.mapping, violations, 'mapping'),
  }
}

function readSize(size: bigint, field: string, violations: Violations): number {
  const isValid = size >= 0n && size <= BigInt(Number.MAX_SAFE_INTEGER)
  if (!isValid) violations.add(field, `must be 0 to ${Number.MAX_SAFE_INTEGER}`)
  return isValid ? Number(size) : 0
}
