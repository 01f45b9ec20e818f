import { ACTIONS, type Action, isAllowed, type Permission, type Principal } from '../../model/principal.ts'
import * as permission from '../authorization.ts'
import type { Call } from '../call.ts'
import type { Services } from '../services.ts'

export interface GetCaller {
  /** Undefined for all titles. */
  readonly titleId: string | undefined
  /** Undefined for all players. */
  readonly playerId: string | undefined
}

export interface CallerAccess {
  readonly principal: Principal
  /** The allowed actions on each kind of resource. */
  readonly permissions: Readonly<Record<Resource, ReadonlySet<Action>>>
}

export type Resource =
  | 'title'
  | 'achievement'
  | 'catalogue'
  | 'progress'
  | 'own_progress'
  | 'stat'
  | 'stat_value'
  | 'own_stat_value'
  | 'destination'
  | 'audit'
  | 'player'

/** Returns the caller and its permissions on a title and a player. */
export async function getCaller(
  _services: Services,
  { titleId, playerId }: GetCaller,
  { principal }: Call,
): Promise<CallerAccess> {
  const title = titleId ?? permission.ALL
  const player = playerId ?? permission.ALL
  const allowed = (of: (action: Action) => Permission) =>
    new Set((Object.keys(ACTIONS) as Action[]).filter((action) => isAllowed(principal, of(action))))
  const readable = (required: Permission) => new Set<Action>(isAllowed(principal, required) ? ['read'] : [])
  return {
    principal,
    permissions: {
      title: allowed((action) => permission.title(title, action)),
      achievement: allowed((action) => permission.definitions(title, action)),
      catalogue: readable(permission.catalogue(title)),
      progress: allowed((action) => permission.enforcement(title, player, action)),
      own_progress: allowed((action) => permission.progress(title, player, action)),
      stat: allowed((action) => permission.stats(title, action)),
      stat_value: allowed((action) => permission.statValuesAsAdmin(title, player, action)),
      own_stat_value: allowed((action) => permission.statValues(title, player, action)),
      destination: allowed((action) => permission.destinations(title, action)),
      audit: readable(permission.audit(title)),
      player: allowed((action) => permission.players(player, action)),
    },
  }
}
