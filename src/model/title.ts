import type { Instant } from './instant.ts'
import type { JsonObject } from './json.ts'

/** The name of a dialect, equal to the folder of its adapter. */
export type DialectId = string

/** A title's ids on a platform, for instance `{ application_id: '461618159171141643' }`. */
export type Binding = Readonly<Record<string, string>>

/** By dialect, members of its documents that the model does not represent. */
export type Extensions = Readonly<Record<DialectId, JsonObject>>

/** One id of a title in a dialect. */
export interface BindingId {
  readonly dialect: string
  readonly name: string
  readonly value: string
}

/** A game. */
export interface Title {
  readonly id: string
  readonly displayName: string
  /** BCP-47 tag of texts without a language in their document. */
  readonly defaultLocale: string
  readonly bindings: Readonly<Record<DialectId, Binding>>
  readonly extensions: Extensions
  /** Whether gateways redact locked hidden achievements for players, beyond the platform's own rule. */
  readonly maskHiddenInGateways: boolean
  readonly createTime: Instant
  readonly updateTime: Instant
  /** Changes with each write. */
  readonly etag: string
}
