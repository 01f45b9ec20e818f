import type { Instant } from './instant.ts'
import type { JsonObject } from './json.ts'

/** The type of the resource that an administrative change concerns. `credential`: a refused credential. */
export type AuditResourceType =
  | 'title'
  | 'achievement'
  | 'stat'
  | 'player'
  | 'destination'
  | 'progress'
  | 'stat_value'
  | 'import'
  | 'plan'
  | 'migration_job'
  | 'image'
  | 'credential'

export interface AuditResource {
  readonly resourceType: AuditResourceType
  /** Empty for a resource of no title. */
  readonly titleId: string
  /** Empty for all of the title. */
  readonly resourceId: string
  /** Empty unless it concerns one player. */
  readonly playerId: string
}

/** An administrative change, written in the transaction of the change. */
export interface AuditEntry extends AuditResource {
  /** From the sequence of events' ids. */
  readonly id: bigint
  readonly time: Instant
  /** The caller's name, and in parentheses the actor on whose behalf it acted. */
  readonly actor: string
  /** The RPC, or the dialect and the name of its HTTP API's route. */
  readonly operation: string
  readonly requestId: string
  readonly reason: string
  /** The record as callers get it. Undefined for no record, and for a too large record. */
  readonly before: JsonObject | undefined
  readonly after: JsonObject | undefined
  readonly isRecordOmitted: boolean
}
