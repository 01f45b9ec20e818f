import { withAllIds } from '../../dialect/bindings.ts'
import type { MigrationJobKey } from '../../model/migration-job.ts'
import type { MigrationMapping } from '../../model/migration-mapping.ts'
import { NOT_STARTED } from '../../model/progress.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import { dialectOf } from '../exchange/dialects.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { deadEndOf } from './dead-end.ts'
import { type AccountLines, readAccountLines } from './formats/dialect-lines.ts'
import { JobDefinitions } from './job-definitions.ts'
import { jobOf } from './jobs.ts'
import { EMPTY_MAPPING } from './mapping/propose-mapping.ts'
import { RowPreparer, rowContextOf } from './prepare-row.ts'
import { mappingContextOf } from './read-job-records.ts'
import { verdictOf } from './verdict.ts'
import { type Difference, NOTHING_VERIFIED, type Verified } from './verify-job.ts'

export interface ComparedPlatform {
  readonly dialect: string
  /** Whether a list of the platform lacks just the achievements without progress. */
  readonly hasCompleteLists: boolean
}

/**
 * Compares the lists of a platform's accounts with the stored progress, one account after the other. Changes nothing.
 * @throws LaurelError DIALECT_NOT_FOUND
 */
export async function* reconcilePlatform(
  services: Services,
  request: MigrationJobKey & ComparedPlatform,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<Verified> {
  const { store } = services
  const adapter = dialectOf(services, request.dialect)
  const { title, mapping } = await store.read(call.signal, async (queries) => ({
    mapping: mappingOf((await jobOf(queries, request)).mapping, adapter.id),
    title: await titleOf(queries, request.titleId),
  }))
  const titleId = title.id
  const definitions = new JobDefinitions(titleId)
  const preparer = new RowPreparer(rowContextOf({ mapping, deliveriesPerSecond: 0 }, services, call.actor))
  const binding = withAllIds(adapter, title.bindings[adapter.id] ?? {})
  const counts = { ...NOTHING_VERIFIED }

  const compare = async (queries: Queries, { account, records, isWhole }: AccountLines) => {
    const playerId = (await queries.accounts.findPlayer({ dialect: adapter.id, id: account })) ?? ''
    const stored = await queries.progress.listOfPlayerTitle({ playerId, titleId })
    const named = records.flatMap((record) => ('refusal' in record ? [] : [record.achievement]))
    const own = stored.map(({ achievementId }) => ({ dialect: undefined, id: achievementId }))
    await definitions.load(queries, [...named, ...own])
    const ours = new Map(stored.map(({ achievementId, progress }) => [achievementId, progress]))
    const differences: Difference[] = []
    const add = (difference: Parameters<typeof deadEndOf>[1]) => {
      const { achievement, ...facts } = difference
      const deadEnd = deadEndOf(adapter.bridge, difference, { titleId, binding, account })
      differences.push({ ...facts, account, deadEnd })
    }
    const seen = new Set<string>()
    for (const record of records) {
      const achievement = 'refusal' in record ? undefined : definitions.find(record.achievement)
      const row =
        'refusal' in record || achievement === undefined ? '' : preparer.prepare(record, achievement)
      if (typeof row === 'string' || achievement === undefined) {
        counts.refused += 1
        continue
      }
      // Pages may repeat entries when the list changes between them; the first one counts.
      if (seen.has(achievement.id)) continue
      counts.records += 1
      seen.add(achievement.id)
      const [theirs, stored] = [row.progress, ours.get(achievement.id)]
      const verdict = verdictOf(achievement, theirs, stored)
      counts[verdict] += 1
      const key = { playerId, titleId, achievementId: achievement.id }
      if (verdict !== 'equal') add({ key, achievement, theirs, ours: stored, verdict })
    }
    const isComplete = isWhole && request.hasCompleteLists && !records.some((record) => 'refusal' in record)
    for (const [achievementId, progress] of isComplete ? ours : []) {
      const achievement = definitions.find({ dialect: undefined, id: achievementId })
      if (achievement === undefined || seen.has(achievementId) || progress.state === 'not_started') continue
      counts.absent += 1
      const key = { playerId, titleId, achievementId }
      add({ key, achievement, theirs: NOT_STARTED, ours: progress, verdict: 'absent' })
    }
    return differences
  }

  for await (const lines of readAccountLines(mapping, adapter, mappingContextOf(services), content)) {
    call.signal.throwIfAborted()
    const differences = await store.read(call.signal, (queries) => compare(queries, lines))
    if (differences.length > 0) yield { counts: { ...counts }, differences, buckets: [] }
  }
  yield { counts, differences: [], buckets: [] }
}

/** The job's own ids count if they are of the same dialect. */
function mappingOf({ dialect, title, achievement }: MigrationMapping, own: string): MigrationMapping {
  const mapping: MigrationMapping = { ...EMPTY_MAPPING, format: 'dialect_lines', dialect: own }
  return dialect === own ? { ...mapping, title, achievement } : mapping
}
