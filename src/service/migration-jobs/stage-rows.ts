import type { MigrationJobKey } from '../../model/migration-job.ts'
import type { Account } from '../../model/player.ts'
import type { Queries } from '../../store/queries.ts'
import { playerNamedAfter } from '../players/accounts.ts'
import type { PreparedRow } from './prepare-row.ts'

export interface StagedRows {
  /** The accounts that no player has, by the player who gets each. */
  readonly newAccounts: ReadonlyMap<string, Account>
  /** The ordinals of the rows whose player is not in the identity map. They are not staged any more. */
  readonly unknown: readonly number[]
  /** The number of rows of merged players, which are staged for the surviving ones. */
  readonly mergedCount: number
}

/** Stages rows until the end of the transaction, and names their players. A row's ordinal is its index. */
export async function stageRows(
  { migrationParts: parts }: Queries,
  job: MigrationJobKey,
  rows: readonly PreparedRow[],
): Promise<StagedRows> {
  const kinds = new Set(rows.map(({ player }) => player.kind))
  await parts.stage(rows.map((row, ordinal) => ({ ...row, ordinal })))
  const newAccounts = kinds.has('account') ? await parts.resolveAccounts(playerNamedAfter) : new Map()
  const unknown = kinds.has('identity') ? await parts.resolveIdentities(job) : []
  return { newAccounts, unknown, mergedCount: await parts.followMerges() }
}
