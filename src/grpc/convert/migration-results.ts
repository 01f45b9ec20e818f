import {
  type PlanMigrationJobResponse,
  MigrationVerdict as VerdictOnWire,
  type VerifyMigrationJobResponse,
} from '../../gen/laurel/v1/migration_job_service.ts'
import type { JobPlan } from '../../service/migration-jobs/plan-job.ts'
import type { Verdict } from '../../service/migration-jobs/verdict.ts'
import type { Verified } from '../../service/migration-jobs/verify-job.ts'
import { writeRefusal } from './migration-job.ts'
import { writeMapping } from './migration-mapping.ts'
import { writeProgress } from './progress.ts'

const VERDICTS_ON_WIRE: Readonly<Record<Verdict, VerdictOnWire>> = {
  equal: VerdictOnWire.UNSPECIFIED,
  behind: VerdictOnWire.BEHIND,
  missing: VerdictOnWire.MISSING,
  exceeded: VerdictOnWire.EXCEEDED,
  unlock_time: VerdictOnWire.UNLOCK_TIME,
  absent: VerdictOnWire.ABSENT,
}

const NANOS_PER_SECOND = 1_000_000_000

export function writePlannedJob(titleId: string, plan: JobPlan): PlanMigrationJobResponse {
  const { estimate } = plan
  return {
    mapping: writeMapping(plan.mapping),
    reasons: [...plan.reasons],
    records: plan.records.map(({ text, player, achievementId, progress }) => ({
      text,
      player,
      achievementId,
      progress: writeProgress({ titleId, playerId: player, achievementId }, progress),
    })),
    recordCount: BigInt(plan.recordCount),
    newCount: BigInt(plan.newCount),
    changedCount: BigInt(plan.changedCount),
    unchangedCount: BigInt(plan.unchangedCount),
    skippedCount: BigInt(plan.skippedCount),
    refusedCount: BigInt(plan.refusedCount),
    refusals: plan.refusals.map(writeRefusal),
    estimatedRecordCount: BigInt(estimate?.recordCount ?? 0),
    estimatedDuration: estimate && {
      seconds: BigInt(Math.floor(estimate.seconds)),
      nanos: Math.floor((estimate.seconds % 1) * NANOS_PER_SECOND),
    },
    estimatedBytes: BigInt(estimate?.bytes ?? 0),
  }
}

export function writeVerified({ counts, differences, buckets }: Verified): VerifyMigrationJobResponse {
  return {
    recordCount: BigInt(counts.records),
    equalCount: BigInt(counts.equal),
    exceededCount: BigInt(counts.exceeded),
    behindCount: BigInt(counts.behind),
    missingCount: BigInt(counts.missing),
    refusedCount: BigInt(counts.refused),
    unlockTimeCount: BigInt(counts.unlock_time),
    absentCount: BigInt(counts.absent),
    differences: differences.map(({ key, theirs, ours, verdict, account = '', deadEnd = '' }) => ({
      verdict: VERDICTS_ON_WIRE[verdict],
      account,
      deadEnd,
      playerId: key.playerId,
      achievementId: key.achievementId,
      theirs: writeProgress(key, theirs),
      ours: ours && writeProgress(key, ours),
    })),
    buckets: buckets.map(({ bucket, recordCount, recordHash, storedCount, storedHash }) => ({
      bucket,
      recordCount: BigInt(recordCount),
      recordHash: BigInt.asUintN(64, BigInt(recordHash)),
      storedCount: BigInt(storedCount),
      storedHash: BigInt.asUintN(64, BigInt(storedHash)),
    })),
  }
}
