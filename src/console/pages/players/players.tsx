import { useState } from 'preact/hooks'
import type { PlayerJson } from '../../../clients/typescript/gen/laurel/v1/player_pb.js'
import { api } from '../../api.ts'
import type { PageProps } from '../../page-props.ts'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { formatTime } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { TableFrame } from '../../parts/table-frame.tsx'
import { useDebounced } from '../../parts/use-debounced.ts'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { here, navigate, pathTo, setQuery } from '../../router.ts'
import { Accounts } from './accounts.tsx'
import { CreatePlayer } from './create-player.tsx'

const PAGE_SIZE = 100

/** Finds a player by id, name, or an account of any platform. */
export function Players({ parameters: { title } }: PageProps) {
  const query = here.value.query.get('q') ?? ''
  const [isCreating, setCreating] = useState(false)
  const settled = useDebounced(query.trim())
  const { data, error, isLoading, reload } = useQuery(
    (signal) => api.players.listPlayers({ prefix: settled, pageSize: PAGE_SIZE }, signal),
    [settled],
  )
  const { players = [], nextPageToken = '' } = data ?? {}
  const hrefOf = (playerId: string) => playerPath(title, playerId)
  const open = (event: SubmitEvent) => {
    event.preventDefault()
    const [only, second] = players
    const found = settled === query.trim() && second === undefined ? only?.playerId : undefined
    if (query.trim() !== '') navigate(hrefOf(found ?? query.trim()))
  }
  const isEmpty = !isLoading && error === undefined && players.length === 0
  return (
    <Page
      title="Players"
      about="By Laurel’s id, a name, or the id of an account on any platform"
      actions={
        can('create', 'PLAYER') && (
          <button type="button" onClick={() => setCreating(true)}>
            New player
          </button>
        )
      }
    >
      <search>
        <form class="player-search" onSubmit={open}>
          <input
            type="search"
            aria-label="Id, name or account"
            placeholder="Id, name or account"
            dir="auto"
            maxLength={128}
            value={query}
            onInput={({ currentTarget }) => setQuery({ q: currentTarget.value })}
          />
          <button type="submit" disabled={query.trim() === ''}>
            Open
          </button>
        </form>
      </search>
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {isEmpty && query === '' && (
        <Empty title="There are no players yet">
          <p class="muted">
            The first report of progress creates its player. Nothing has to be registered before.
          </p>
        </Empty>
      )}
      {isEmpty && query !== '' && (
        <Empty title="No player begins like that">
          <p class="muted">
            An id, a name or an account has to begin with the text. A player who was merged is found by the
            whole id:
          </p>
          <a href={hrefOf(query.trim())} dir="auto">
            Open {query.trim()}
          </a>
        </Empty>
      )}
      {players.length > 0 && <PlayerTable players={players} hrefOf={hrefOf} />}
      {nextPageToken !== '' && (
        <p class="muted">The first {players.length} players: search for the others.</p>
      )}
      {isCreating && <CreatePlayer hrefOf={hrefOf} onClose={() => setCreating(false)} />}
    </Page>
  )
}

/** Returns the path of a player's page, within a title if one is named. */
export function playerPath(titleId: string | undefined, playerId: string): string {
  return titleId === undefined ? pathTo('players', playerId) : pathTo('titles', titleId, 'players', playerId)
}

interface PlayerTableProps {
  readonly players: readonly PlayerJson[]
  readonly hrefOf: (playerId: string) => string
}

function PlayerTable({ players, hrefOf }: PlayerTableProps) {
  return (
    <TableFrame label="Players">
      <table>
        <thead>
          <tr>
            <th scope="col">Player</th>
            <th scope="col">Name</th>
            <th scope="col">Accounts</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {players.map(({ playerId = '', displayName, accounts = [], createTime }) => (
            <tr key={playerId}>
              <th scope="row">
                <a href={hrefOf(playerId)} dir="auto">
                  {playerId}
                </a>
              </th>
              <td>
                <span class="clamped" dir="auto">
                  {displayName}
                </span>
              </td>
              <td>
                <Accounts accounts={accounts} />
              </td>
              <td class="muted nowrap">{formatTime(createTime)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}
