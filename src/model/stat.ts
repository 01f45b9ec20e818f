import type { Instant } from './instant.ts'

/** A named number that each player of a title has. */
export interface Stat {
  readonly titleId: string
  readonly code: string
  readonly displayName: string
  readonly defaultValue: number
  readonly minimum: number | undefined
  readonly maximum: number | undefined
  readonly incrementOnly: boolean
  readonly setBy: 'client' | 'server'
  readonly createTime: Instant
  readonly updateTime: Instant
  readonly etag: string
}

export type StatOperation = 'set' | 'increment' | 'max' | 'min'

/** The value that an operation makes of the current one. */
export function applyStatOperation(operation: StatOperation, current: number, value: number): number {
  switch (operation) {
    case 'set':
      return value
    case 'increment':
      return current + value
    case 'max':
      return Math.max(current, value)
    case 'min':
      return Math.min(current, value)
  }
}

/** What a player has of a stat. */
export interface StatValue {
  readonly code: string
  readonly value: number
  readonly updateTime: Instant
}
