import { createHash } from 'node:crypto'
import type { ImportStrategy } from '../../gen/laurel/v1/exchange.ts'
import type { Binding } from '../../model/title.ts'

/** A player named on the command line: by Laurel's id, by the platform's account, or by both. */
export interface PlayerSelector {
  readonly playerId: string | undefined
  readonly account: string | undefined
}

/** A player and their account on the platform. */
export interface LinkedPlayer {
  readonly playerId: string
  readonly account: string
  /** False if the account must be linked to the player before progress is imported. */
  readonly isLinked: boolean
}

/** The source, the target and the options of a pull. */
export interface Job {
  /** Address of the Laurel server. */
  readonly server: string
  readonly dialect: string
  readonly titleId: string
  readonly titleExists: boolean
  /** URL of the platform's API. */
  readonly from: string
  /** The title's binding, with the ids of `--binding` in it. */
  readonly binding: Binding
  readonly optionBinding: Binding
  /** BCP-47 tag of texts without one; undefined for the title's own. */
  readonly locale: string | undefined
  readonly defaultLocale: string
  readonly definitions: boolean
  readonly progress: boolean
  readonly players: readonly PlayerSelector[] | 'all'
  readonly strategy: ImportStrategy
  readonly mapping: ReadonlyMap<string, string>
  readonly allowRebinding: boolean
  readonly dryRun: boolean
  /** Whether the unlocks that the platform has revoked are revoked. */
  readonly applyRevocations: boolean
}

/**
 * Returns the same key for the same job, so that the state of an interrupted pull is found. The title's own properties are
 * left out, because the pull itself may create the title.
 */
export function jobKey(job: Job): string {
  const { titleExists: _, defaultLocale: _locale, binding: _binding, mapping, players, ...others } = job
  const selectors = players === 'all' ? players : players.map(({ playerId, account }) => [playerId, account])
  const text = JSON.stringify([Object.entries(others).sort(byName), [...mapping].sort(byName), selectors])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1
}
