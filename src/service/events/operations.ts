import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { watchProgress } from './watch-progress.ts'

const ADVICE =
  'set the view to PROGRESS_VIEW_PLAYER and the player ids to its own, at /events view=player and player_id'

export const EVENT_OPERATIONS = {
  watchProgress: operation(watchProgress, ({ titleId, view, filter: { playerIds } }) =>
    (playerIds.length === 0 ? [permission.ALL] : playerIds).map((playerId) =>
      view === 'player' && playerIds.length > 0
        ? permission.progress(titleId, playerId, 'read')
        : permission.fullView(titleId, playerId, ADVICE),
    ),
  ),
}
