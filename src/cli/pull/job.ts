import { createHash } from 'node:crypto'
import type { ImportStrategy } from '../../gen/laurel/v1/exchange.ts'
import type { Binding } from '../../model/title.ts'
import type { Wanted } from './players.ts'

/** What is pulled from where, and into what. */
export interface Job {
  /** Of Laurel. */
  readonly server: string
  readonly dialect: string
  readonly titleId: string
  /** Whether there is such a title already. */
  readonly titleExists: boolean
  /** The platform's API. */
  readonly from: string
  readonly binding: Binding
  /** As much of it as the caller said; the rest is the title's. */
  readonly saidBinding: Binding
  /** BCP-47 tag of texts that do not say their language; undefined for the title's own. */
  readonly locale: string | undefined
  readonly defaultLocale: string
  readonly definitions: boolean
  readonly progress: boolean
  readonly players: readonly Wanted[] | 'all'
  readonly strategy: ImportStrategy
  readonly mapping: ReadonlyMap<string, string>
  readonly allowRebinding: boolean
  readonly dryRun: boolean
}

/**
 * The same for the same job: a pull that was stopped is found by it. What the title is by now does not count, because the
 * pull itself may have made it.
 */
export function jobKey(job: Job): string {
  const { titleExists: _, defaultLocale: _locale, binding: _binding, mapping, players, ...others } = job
  const whose = players === 'all' ? players : players.map(({ playerId, account }) => [playerId, account])
  const text = JSON.stringify([Object.entries(others).sort(byName), [...mapping].sort(byName), whose])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1
}
