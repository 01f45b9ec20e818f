import * as right from '../authorization.ts'
import { operation } from '../operation.ts'
import { watchProgress } from './watch-progress.ts'

export const EVENT_OPERATIONS = {
  watchProgress: operation(watchProgress, ({ titleId, view, filter: { playerIds } }) =>
    (playerIds.length === 0 ? [right.ALL] : playerIds).map((playerId) =>
      view === 'player' && playerIds.length > 0
        ? right.progress(titleId, playerId, 'read')
        : right.enforcement(titleId, playerId, 'read'),
    ),
  ),
}
