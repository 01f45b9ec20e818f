import type { Instant } from './instant.ts'
import type { Extensions } from './title.ts'

/** The definition of a number that each player of a title has. */
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

/** The callers that may write a stat: clients and servers, or servers only. */
export type StatWriter = 'client' | 'server'

/** `reset` sets the default value and ignores its operand. */
export type StatOperation = 'set' | 'increment' | 'max' | 'min' | 'reset'

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

/** A player's value of a stat. */
export interface StatValue {
  readonly code: string
  readonly value: number
  readonly createTime: Instant
  readonly updateTime: Instant
}
