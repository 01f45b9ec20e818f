import { useState } from 'preact/hooks'
import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Field } from '../../parts/field.tsx'
import { IdField } from '../../parts/id-field.tsx'
import { navigate } from '../../router.ts'

interface CreatePlayerProps {
  readonly hrefOf: (playerId: string) => string
  readonly onClose: () => void
}

/** Creates a player before the first report, to link accounts, and opens it. */
export function CreatePlayer({ hrefOf, onClose }: CreatePlayerProps) {
  const [typed, setTyped] = useState('')
  const [displayName, setName] = useState('')
  const [problem, setProblem] = useState<string>()
  const playerId = typed.trim()
  const create = async () => {
    setProblem(undefined)
    try {
      await api.players.createPlayer({ player: { playerId, displayName: displayName.trim() } })
    } catch (thrown) {
      if (thrown instanceof ApiError) setProblem(thrown.violations[0]?.message)
      throw thrown
    }
    navigate(hrefOf(playerId))
  }
  return (
    <Confirm title="New player" action="Create" onClose={onClose} onConfirm={create}>
      <p class="muted">The first report of a game creates its player too. Accounts are linked on the page.</p>
      <IdField
        label="Id"
        help="Your games and services name the player by it. It cannot be changed."
        problem={problem}
        value={typed}
        onInput={setTyped}
      />
      <Field label="Name">
        {(attributes) => (
          <input
            {...attributes}
            maxLength={4096}
            autocomplete="off"
            dir="auto"
            value={displayName}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        )}
      </Field>
    </Confirm>
  )
}
