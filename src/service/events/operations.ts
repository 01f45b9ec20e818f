import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { listEvents } from './list-events.ts'
import { watchProgress } from './watch-progress.ts'

const ADVICE =
  'set the view to PROGRESS_VIEW_PLAYER and the player ids to its own, at /events view=player and player_id'

const LIST_ADVICE = 'set the view to PROGRESS_VIEW_PLAYER and player_id to its own'

export const EVENT_OPERATIONS = {
  listEvents: operation(listEvents, ({ titleId, view, playerId }) => [
    view === 'player' && playerId !== undefined
      ? permission.progress(titleId, playerId, 'read')
      : permission.fullView(titleId, playerId ?? permission.ALL, LIST_ADVICE),
  ]),
  watchProgress: operation(watchProgress, ({ titleId, view, filter: { playerIds } }) =>
    (playerIds.length === 0 ? [permission.ALL] : playerIds).map((playerId) =>
      view === 'player' && playerIds.length > 0
        ? permission.progress(titleId, playerId, 'read')
        : permission.fullView(titleId, playerId, ADVICE),
    ),
  ),
}
