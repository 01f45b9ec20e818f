import type { Instant } from './instant.ts'
import type { Extensions } from './title.ts'

/** A named number that each player of a title has. */
export interface Stat {
  readonly titleId: string
  readonly code: string
  readonly displayName: string
  readonly defaultValue: number
  readonly minimum: number | undefined
  readonly maximum: number | undefined
  readonly incrementOnly: boolean
  readonly setBy: StatWriter
  readonly extensions: Extensions
  readonly createTime: Instant
  readonly updateTime: Instant
  readonly etag: string
}

/** Who may write a stat: game clients too, or servers only. */
export type StatWriter = 'client' | 'server'

/** `reset` goes back to the default, whatever the value that comes with it. */
export type StatOperation = 'set' | 'increment' | 'max' | 'min' | 'reset'

/** The value that an operation makes of the current one. */
export function applyStatOperation(
  stat: Pick<Stat, 'defaultValue'>,
  operation: StatOperation,
  current: number,
  value: number,
): number {
  switch (operation) {
    case 'set':
      return value
    case 'increment':
      return current + value
    case 'max':
      return Math.max(current, value)
    case 'min':
      return Math.min(current, value)
    case 'reset':
      return stat.defaultValue
  }
}

/** What a player has of a stat. */
export interface StatValue {
  readonly code: string
  readonly value: number
  readonly createTime: Instant
  readonly updateTime: Instant
}
