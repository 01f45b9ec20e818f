import {
  type MigrationDifference,
  MigrationVerdict,
  type VerifyMigrationJobResponse,
} from '../../gen/laurel/v1/migration_job_service.ts'
import { Progress } from '../../gen/laurel/v1/progress.ts'
import { messageJson } from '../../grpc/message-json.ts'
import type { JsonObject } from '../../model/json.ts'
import { sources } from '../../registry.ts'
import { openOutput } from '../document.ts'
import { Failure } from '../failure.ts'
import { print } from '../terminal.ts'
import { connectJobs, getJob } from './connection.ts'
import { openSources } from './sources/open-sources.ts'
import { type LiveOptions, liveInputOf } from './sources/platform-source.ts'
import { verifySource } from './verify-source.ts'

export interface ReconcileOptions extends LiveOptions {
  readonly job: string
  readonly platform?: readonly string[]
  readonly report?: string
}

/** A player's achievement on which a side differs from the stored progress. */
interface ReconciledRow {
  readonly playerId: string
  readonly achievementId: string
  readonly ours: JsonObject | null
  input?: JsonObject
  platforms?: Record<string, JsonObject>
}

/**
 * Compares inputs and platforms with the stored progress, and writes a line for each achievement of a player on which they differ. Memory
 * grows with the differences.
 * @returns whether all sides are equal
 */
export async function runReconcile(
  inputs: readonly string[],
  options: ReconcileOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const { platform: platforms = [], report } = options
  if (inputs.length + platforms.length === 0)
    throw new Failure(['give an input, or a platform by --platform'])
  using client = await connectJobs()
  const key = { titleId: options.title, jobId: options.job }
  const job = await getJob(client, key, signal)
  const rows = new Map<string, ReconciledRow>()
  let isEqual = true
  let deadEnds = 0
  const reconcile = async (names: readonly string[], isPlatform: boolean) => {
    await using opened = await openSources(names, isPlatform ? undefined : job?.mapping, options, signal)
    for (const [index, source] of opened.list.entries()) {
      const dialect = isPlatform ? dialectOf(names[index] ?? '') : ''
      const hasCompleteLists = sources.get(dialect)?.progress.complete ?? false
      const request = { ...key, dialect, hasCompleteLists, allDifferences: true }
      const add = (differences: readonly MigrationDifference[]) => {
        for (const difference of differences) {
          addTo(rows, dialect, difference)
          if (difference.deadEnd !== '') deadEnds += 1
        }
      }
      const last = await verifySource(client, request, source, add, signal)
      print([`${source.name}: ${countsOf(last)}`])
      isEqual &&= last.recordCount === last.equalCount && last.refusedCount + last.absentCount === 0n
    }
  }
  await reconcile(inputs, false)
  await reconcile(platforms, true)
  print([
    `${rows.size} achievements of players differ; ${deadEnds} differences on platforms cannot be resolved`,
  ])
  if (report !== undefined) await writeReport(report, rows.values())
  return isEqual
}

/** Returns the dialect of a live API. @throws Failure for another address */
function dialectOf(platform: string): string {
  const { dialect } = liveInputOf(platform) ?? {}
  if (dialect !== undefined) return dialect
  throw new Failure([`--platform must be DIALECT+https://HOST/PATH, and is ${platform}`])
}

function addTo(rows: Map<string, ReconciledRow>, dialect: string, difference: MigrationDifference): void {
  const { playerId, account, achievementId, ours, deadEnd } = difference
  const key = JSON.stringify([playerId, playerId === '' ? [dialect, account] : '', achievementId])
  const row = rows.get(key) ?? { playerId, achievementId, ours: ours === undefined ? null : progressOf(ours) }
  rows.set(key, row)
  const side: JsonObject = {
    verdict: VERDICTS[difference.verdict] ?? '',
    ...(difference.theirs === undefined ? {} : { progress: progressOf(difference.theirs) }),
    ...(account === '' ? {} : { account }),
    ...(deadEnd === '' ? {} : { deadEnd }),
  }
  if (dialect === '') row.input = side
  else row.platforms = { ...row.platforms, [dialect]: side }
}

const VERDICTS: Readonly<Record<MigrationVerdict, string>> = {
  [MigrationVerdict.UNSPECIFIED]: '',
  [MigrationVerdict.BEHIND]: 'behind',
  [MigrationVerdict.MISSING]: 'missing',
  [MigrationVerdict.EXCEEDED]: 'exceeded',
  [MigrationVerdict.UNLOCK_TIME]: 'unlock_time',
  [MigrationVerdict.ABSENT]: 'absent',
}

/** Returns the members that are compared. */
function progressOf(progress: Progress): JsonObject {
  const { state, percent, requirements, unlockTime, revoked } = messageJson('Progress', Progress, progress)
  const facts = { state, percent, requirements, unlockTime, revoked }
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as JsonObject
}

function countsOf(verified: VerifyMigrationJobResponse): string {
  const { recordCount, equalCount, exceededCount, behindCount, missingCount } = verified
  const { unlockTimeCount, absentCount, refusedCount } = verified
  return [
    `${recordCount} records: ${equalCount} equal`,
    `${exceededCount} exceeded by stored progress`,
    `${behindCount} not covered`,
    `${missingCount} missing`,
    ...(unlockTimeCount > 0n ? [`${unlockTimeCount} unlocked at another time`] : []),
    ...(absentCount > 0n ? [`${absentCount} absent from its lists`] : []),
    `${refusedCount} refused`,
  ].join(', ')
}

async function writeReport(file: string, rows: Iterable<ReconciledRow>): Promise<void> {
  await using output = await openOutput(file)
  for (const row of rows) await output.write(Buffer.from(`${JSON.stringify(row)}\n`))
  await output.finish()
}
