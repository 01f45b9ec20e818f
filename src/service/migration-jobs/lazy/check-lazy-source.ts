import type { Violation } from '../../../model/errors.ts'
import { TICKS_PER_MILLISECOND } from '../../../model/instant.ts'
import type { MigrationJob } from '../../../model/migration-job.ts'
import type { LazyFetcher } from './contract.ts'

const MAX_TIMEOUT = 5_000n * TICKS_PER_MILLISECOND

/** Returns the violations of a job's lazy source, by the names of the wire. */
export function checkLazySource(
  fetcher: LazyFetcher,
  { lazySource, mapping }: Pick<MigrationJob, 'lazySource' | 'mapping'>,
): readonly Violation[] {
  if (lazySource === undefined) return []
  const { url, timeout } = lazySource
  const violations: Violation[] = fetcher
    .check(lazySource)
    .map(({ field, message }) => ({ field: `job.lazy_source.${field}`, message }))
  const add = (field: string, message: string) => violations.push({ field: `job.${field}`, message })
  if (!/\{(player|account)\}/.test(url)) add('lazy_source.url', 'must contain {player} or {account}')
  if (url.includes('{account}') && (mapping.player?.dialect ?? mapping.dialect) === undefined)
    add('lazy_source.url', 'must contain {player}, because the mapping has no dialect of accounts')
  if (timeout < TICKS_PER_MILLISECOND || timeout > MAX_TIMEOUT)
    add('lazy_source.timeout', 'must be from 1 millisecond to 5 seconds')
  if (mapping.player?.usesIdentities)
    add('mapping.player.uses_identities', 'must be false with a lazy source')
  if (mapping.format === 'dialect_lines')
    add('mapping.format', 'must be another one with a lazy source, such as DIALECT_DOCUMENT')
  return violations
}
