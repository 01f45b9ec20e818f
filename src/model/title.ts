import type { Instant } from './instant.ts'
import type { JsonObject } from './json.ts'

/** The name of a dialect, equal to its adapter's folder: `xbox`. */
export type DialectId = string

/** What a platform knows a title by, for instance `{ application_id: '461618159171141643' }`. */
export type Binding = Readonly<Record<string, string>>

/** Members that a dialect said and the model has no place for, by dialect. */
export type Extensions = Readonly<Record<DialectId, JsonObject>>

/** A game. */
export interface Title {
  readonly id: string
  readonly displayName: string
  /** BCP-47 tag of texts whose document does not say their language. */
  readonly defaultLocale: string
  readonly bindings: Readonly<Record<DialectId, Binding>>
  readonly extensions: Extensions
  /** Whether gateways redact hidden achievements for players, whatever their platform does. */
  readonly maskHiddenInGateways: boolean
  readonly createTime: Instant
  readonly updateTime: Instant
  /** Changes with each write. */
  readonly etag: string
}
