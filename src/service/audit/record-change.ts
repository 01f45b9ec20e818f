import type { StoredAchievement } from '../../model/achievement.ts'
import type { AuditResource, AuditResourceType } from '../../model/audit.ts'
import type { Destination } from '../../model/destination.ts'
import type { Instant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import type { MigrationJob } from '../../model/migration-job.ts'
import type { Plan } from '../../model/plan.ts'
import type { Player } from '../../model/player.ts'
import type { Stat } from '../../model/stat.ts'
import type { Title } from '../../model/title.ts'
import type { Queries } from '../../store/queries.ts'
import type { Store } from '../../store/store.ts'
import type { Call } from '../call.ts'
import type { ImportSummary } from '../exchange/document-parts.ts'

/** The records of the types that have some. */
interface Records {
  readonly title: Title
  readonly achievement: StoredAchievement
  readonly stat: Stat
  readonly player: Player
  readonly destination: Destination
  readonly import: ImportSummary
  readonly plan: Plan
  readonly migration_job: MigrationJob
}

export type RecordOf<Type extends AuditResourceType> = Type extends keyof Records ? Records[Type] : never

/** Returns a record as callers get it, in JSON. */
export type FormatRecord = (type: AuditResourceType, record: RecordOf<AuditResourceType>) => JsonObject

/** A change for the audit. */
export interface Change<Type extends AuditResourceType = AuditResourceType> extends AuditResource {
  readonly resourceType: Type
  readonly reason?: string
  readonly before?: RecordOf<Type> | undefined
  readonly after?: RecordOf<Type> | undefined
}

/** The result of a mutation for its caller, and its change for the audit. */
export interface Mutation<Result> {
  readonly result: Result
  /** Undefined if nothing changed, or events alone record the change. */
  readonly change: Change | undefined
}

export interface AuditServices {
  readonly store: Store
  readonly now: () => Instant
  readonly formatRecord: FormatRecord
}

/** Bytes of a record's JSON. */
const MAX_RECORD_BYTES = 256 * 2 ** 10

/** Runs an administrative mutation in one transaction, together with its audit entry. */
export async function writeAudited<Result>(
  services: AuditServices,
  call: Call,
  run: (queries: Queries) => Promise<Mutation<Result>>,
): Promise<Result> {
  return services.store.write(call.signal, async (queries) =>
    audited(services, queries, call, undefined, await run(queries)),
  )
}

/** Writes the audit entry of a mutation in the transaction of the mutation, and returns the result. */
export async function audited<Result>(
  services: Omit<AuditServices, 'store'>,
  queries: Queries,
  call: Call,
  requestId: string | undefined,
  { result, change }: Mutation<Result>,
): Promise<Result> {
  if (change !== undefined) await insertEntry(services, queries, call, requestId, change)
  return result
}

/** Returns the id of the entry; undefined for a player's own change, which is not administrative. */
export async function insertEntry(
  { now, formatRecord }: Omit<AuditServices, 'store'>,
  queries: Queries,
  { principal, actor, operation }: Pick<Call, 'principal' | 'actor' | 'operation'>,
  requestId: string | undefined,
  change: Change,
): Promise<bigint | undefined> {
  if (principal.kind === 'player') return undefined
  const { resourceType, titleId, resourceId, playerId, reason = '' } = change
  const [before, after] = [change.before, change.after].map(
    (record) => record && formatRecord(resourceType, record),
  )
  const [keptBefore, keptAfter] = [before, after].map((json) => (isTooLarge(json) ? undefined : json))
  return queries.auditEntries.insert({
    resourceType,
    titleId,
    resourceId,
    playerId,
    reason,
    actor,
    operation,
    time: now(),
    requestId: requestId ?? '',
    before: keptBefore,
    after: keptAfter,
    isRecordOmitted: keptBefore !== before || keptAfter !== after,
  })
}

function isTooLarge(json: JsonObject | undefined): boolean {
  return json !== undefined && Buffer.byteLength(JSON.stringify(json)) > MAX_RECORD_BYTES
}
