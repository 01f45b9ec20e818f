import { useState } from 'preact/hooks'
import type { PlayerJson } from '../../../clients/typescript/gen/laurel/v1/player_pb.js'
import { api } from '../../api.ts'
import { messageOf } from '../../api-error.ts'
import { nameOr } from '../../parts/format.ts'
import { IdField } from '../../parts/id-field.tsx'
import { ReasonDialog } from '../../parts/reason-dialog.tsx'
import { toast } from '../../parts/toast.tsx'
import { useDebounced } from '../../parts/use-debounced.ts'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { navigate, pathTo } from '../../router.ts'
import { Accounts } from '../players/accounts.tsx'

interface PlayerActionsProps {
  readonly player: PlayerJson
  readonly onMerged: () => void
}

/** The changes of a player as a whole, which cannot be undone. */
export function PlayerActions({ player, onMerged }: PlayerActionsProps) {
  const [open, setOpen] = useState<'merge' | 'delete'>()
  const { playerId = '', etag = '' } = player
  const close = () => setOpen(undefined)
  const remove = async (reason: string) => {
    await api.players.deletePlayer({ playerId, etag, reason })
    toast('The player is deleted.')
    navigate(pathTo('players'), { replace: true })
  }
  return (
    <>
      {can('update', 'PLAYER') && can('delete', 'PLAYER') && (
        <button type="button" onClick={() => setOpen('merge')}>
          Merge
        </button>
      )}
      {can('delete', 'PLAYER') && (
        <button type="button" onClick={() => setOpen('delete')}>
          Delete
        </button>
      )}
      {open === 'merge' && <MergeDialog playerId={playerId} onClose={close} onMerged={onMerged} />}
      {open === 'delete' && (
        <ReasonDialog
          title="Delete the player"
          action="Delete"
          typed={playerId}
          help="The audit keeps it: name no personal data."
          onClose={close}
          onConfirm={remove}
        >
          <p>
            All progress, stats, accounts and events of the player are deleted in all titles, and reports for
            the player fail from now on. Webhooks receive an event, so that they can delete their copies.
          </p>
        </ReasonDialog>
      )}
    </>
  )
}

interface MergeDialogProps {
  readonly playerId: string
  readonly onClose: () => void
  readonly onMerged: () => void
}

function MergeDialog({ playerId, onClose, onMerged }: MergeDialogProps) {
  const [absorbedPlayerId, setAbsorbedId] = useState('')
  const settled = useDebounced(absorbedPlayerId.trim())
  const { data: absorbed, error } = useQuery(
    async (signal) =>
      settled === '' ? undefined : (await api.players.getPlayer({ playerId: settled }, signal)).player,
    [settled],
  )
  const merge = async (reason: string) => {
    await api.players.mergePlayers({ playerId, absorbedPlayerId: absorbedPlayerId.trim(), reason })
    toast('The players are merged.')
    onMerged()
  }
  return (
    <ReasonDialog
      title="Merge another player into this one"
      action="Merge"
      typed="MERGE"
      onClose={onClose}
      onConfirm={merge}
    >
      <p>
        Progress, stats and accounts of the other player move here. Of each achievement the further progress
        and the earlier unlock stay.
      </p>
      <IdField
        label="The other player"
        problem={error === undefined ? undefined : messageOf(error)}
        value={absorbedPlayerId}
        onInput={setAbsorbedId}
      />
      {absorbed !== undefined && error === undefined && (
        <p>
          <span dir="auto">{nameOr(absorbed.displayName, absorbed.playerId ?? '')}</span>, accounts:{' '}
          <Accounts accounts={absorbed.accounts ?? []} />
        </p>
      )}
    </ReasonDialog>
  )
}
