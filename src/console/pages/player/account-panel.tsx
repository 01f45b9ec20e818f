import { useState } from 'preact/hooks'
import type { AccountJson, PlayerJson } from '../../../clients/typescript/gen/laurel/v1/player_pb.js'
import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'
import { dialectName } from '../../dialects.ts'
import { Field } from '../../parts/field.tsx'
import { IdField } from '../../parts/id-field.tsx'
import { ReasonDialog } from '../../parts/reason-dialog.tsx'
import { toast } from '../../parts/toast.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'

interface AccountPanelProps {
  readonly player: PlayerJson
  readonly onChange: () => void
}

/** The player's ids on the platforms. */
export function AccountPanel({ player: { playerId = '', accounts = [] }, onChange }: AccountPanelProps) {
  const [isLinking, setLinking] = useState(false)
  const [unlinked, setUnlinked] = useState<AccountJson>()
  const canUpdate = can('update', 'PLAYER')
  const unlink = async (account: AccountJson, reason: string) => {
    await api.players.unlinkAccount({ playerId, account, reason })
    toast('The account is unlinked.')
    onChange()
  }
  return (
    <section class="panel">
      <header class="panel-header">
        <h2>Accounts</h2>
        {canUpdate && (
          <button type="button" class="quiet" onClick={() => setLinking(true)}>
            Link an account
          </button>
        )}
      </header>
      {accounts.length === 0 ? (
        <p class="panel-body muted">None: deliveries to a platform wait until an account there is linked.</p>
      ) : (
        <ul class="accounts">
          {accounts.map((account) => (
            <li key={`${account.dialect} ${account.accountId}`}>
              <span class="muted">{dialectName(account.dialect)}</span>
              <code dir="auto">{account.accountId}</code>
              {canUpdate && (
                <button
                  type="button"
                  class="quiet small"
                  aria-label={`Unlink ${account.dialect} ${account.accountId}`}
                  onClick={() => setUnlinked(account)}
                >
                  Unlink
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {isLinking && <LinkDialog playerId={playerId} onClose={() => setLinking(false)} onLinked={onChange} />}
      {unlinked !== undefined && (
        <ReasonDialog
          title="Unlink the account"
          action="Unlink"
          onClose={() => setUnlinked(undefined)}
          onConfirm={(reason) => unlink(unlinked, reason)}
        >
          <p>
            {dialectName(unlinked.dialect)} <code dir="auto">{unlinked.accountId}</code> no longer belongs to
            the player. The progress stays with the player, and deliveries to the platform wait.
          </p>
        </ReasonDialog>
      )}
    </section>
  )
}

interface LinkDialogProps {
  readonly playerId: string
  readonly onClose: () => void
  readonly onLinked: () => void
}

function LinkDialog({ playerId, onClose, onLinked }: LinkDialogProps) {
  const [dialect, setDialect] = useState('')
  const [accountId, setAccountId] = useState('')
  const [problem, setProblem] = useState<string>()
  const { data: dialects = [] } = useQuery(
    async (signal) => (await api.exchange.listDialects({}, signal)).dialects ?? [],
    [],
  )
  const link = async (reason: string) => {
    setProblem(undefined)
    try {
      await api.players.linkAccount({ playerId, account: { dialect, accountId: accountId.trim() }, reason })
    } catch (thrown) {
      if (thrown instanceof ApiError) setProblem(thrown.violations[0]?.message)
      throw thrown
    }
    toast('The account is linked. Deliveries that waited for it are sent now.')
    onLinked()
  }
  return (
    <ReasonDialog title="Link an account" action="Link" onClose={onClose} onConfirm={link}>
      <Field label="Platform">
        {(attributes) => (
          <select
            {...attributes}
            required
            value={dialect}
            onChange={({ currentTarget }) => setDialect(currentTarget.value)}
          >
            <option value="">Choose a platform</option>
            {dialects.map(({ dialect: id, displayName }) => (
              <option key={id} value={id}>
                {displayName}
              </option>
            ))}
          </select>
        )}
      </Field>
      <IdField
        label="Account"
        help="The id that the platform gives the player."
        problem={problem}
        value={accountId}
        onInput={setAccountId}
      />
    </ReasonDialog>
  )
}
