import type { AccountJson } from '../../../clients/typescript/gen/laurel/v1/player_pb.js'
import { dialectName } from '../../dialects.ts'

/** A player's accounts in one line. */
export function Accounts({ accounts }: { accounts: readonly AccountJson[] }) {
  if (accounts.length === 0) return <span class="muted">none</span>
  return (
    <span class="account-line">
      {accounts.map(({ dialect, accountId }) => (
        <span key={`${dialect} ${accountId}`}>
          <span class="muted">{dialectName(dialect)}</span> <code dir="auto">{accountId}</code>
        </span>
      ))}
    </span>
  )
}
