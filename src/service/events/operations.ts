import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { watchProgress } from './watch-progress.ts'

export const EVENT_OPERATIONS = {
  watchProgress: operation(watchProgress, ({ titleId, view, filter: { playerIds } }) =>
    (playerIds.length === 0 ? [permission.ALL] : playerIds).map((playerId) =>
      view === 'player' && playerIds.length > 0
        ? permission.progress(titleId, playerId, 'read')
        : permission.enforcement(titleId, playerId, 'read'),
    ),
  ),
}
