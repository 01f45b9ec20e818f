import type { MigrationRefusal } from '../../model/migration-job.ts'
import type { Call } from '../call.ts'
import type { Services } from '../services.ts'
import { addCounts } from './add-counts.ts'
import type { FedPart, FeedJob } from './feed-job.ts'
import { type IdentityRow, readIdentities } from './formats/identities.ts'
import { lockJob, NO_COUNTS, notRunning } from './jobs.ts'
import { refusalOf } from './refusal.ts'

export type FeedIdentities = Omit<FeedJob, 'position'>

/**
 * Reads an identity map from its beginning: a repetition changes nothing. A row that is no pair of ids is refused.
 * @throws LaurelError MIGRATION_JOB_NOT_RUNNING
 */
export async function* feedIdentities(
  services: Services,
  request: FeedIdentities,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<FedPart> {
  for await (const rows of readIdentities(content)) {
    call.signal.throwIfAborted()
    yield await writeRows(services, request, rows, false, call)
  }
  yield await writeRows(services, request, [], true, call)
}

async function writeRows(
  services: Services,
  { source: name, ...key }: FeedIdentities,
  rows: readonly IdentityRow[],
  isLast: boolean,
  call: Call,
): Promise<FedPart> {
  return services.store.write(call.signal, async (queries) => {
    const job = await lockJob(queries, key)
    if (job.state !== 'running') throw notRunning(job)
    const stored = await queries.migrationJobs.findSource(job, name)
    // Rows from an earlier call have been counted.
    const isNew = ({ end }: IdentityRow) => BigInt(end) > stored.position
    const identities = rows.flatMap((row) => ('id' in row ? [[row.id, row.playerId] as const] : []))
    const refusals = rows.flatMap((row): readonly MigrationRefusal[] =>
      'refusal' in row && isNew(row) ? [refusalOf(name, row.end, 0, row.text, row.refusal)] : [],
    )
    await queries.migrationRecords.upsertIdentities(job, new Map(identities))
    await queries.migrationRecords.insertRefusals(job, refusals)
    const end = BigInt(rows.at(-1)?.end ?? 0)
    const source = {
      ...stored,
      position: end > stored.position ? end : stored.position,
      recordCount: stored.recordCount + BigInt(rows.filter(isNew).length),
      done: stored.done || isLast,
    }
    await queries.migrationJobs.updateSource(job, source)
    const counts = { ...NO_COUNTS, refused: BigInt(refusals.length) }
    return { job: await addCounts(queries, job, { counts, time: services.now() }), source }
  })
}
