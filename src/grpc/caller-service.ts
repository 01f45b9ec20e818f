import { type Caller, CallerKind, Resource as OnWire, type Permission } from '../gen/laurel/v1/caller.ts'
import type { CallerServiceService } from '../gen/laurel/v1/caller_service.ts'
import type { Principal } from '../model/principal.ts'
import type { CallerAccess, Resource } from '../service/callers/get-caller.ts'
import type { Operations } from '../service/operations.ts'
import { readOptionalId } from './convert/scalars.ts'
import { parse } from './convert/violations.ts'
import { type HandlersOf, unary } from './handlers.ts'

const RESOURCES_ON_WIRE: Readonly<Record<Resource, OnWire>> = {
  title: OnWire.TITLE,
  achievement: OnWire.ACHIEVEMENT,
  catalogue: OnWire.CATALOGUE,
  progress: OnWire.PROGRESS,
  own_progress: OnWire.OWN_PROGRESS,
  stat: OnWire.STAT,
  stat_value: OnWire.STAT_VALUE,
  own_stat_value: OnWire.OWN_STAT_VALUE,
  destination: OnWire.DESTINATION,
  audit: OnWire.AUDIT,
  player: OnWire.PLAYER,
}

const KINDS_ON_WIRE: Readonly<Record<Principal['kind'], CallerKind>> = {
  // Never returned: the operation admits no anonymous caller.
  anonymous: CallerKind.UNSPECIFIED,
  player: CallerKind.PLAYER,
  service: CallerKind.SERVICE,
  operator: CallerKind.OPERATOR,
}

export function callerService(operations: Operations): HandlersOf<typeof CallerServiceService> {
  return {
    getCaller: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readOptionalId(message.titleId, 'title_id', violations),
        playerId: readOptionalId(message.playerId, 'player_id', violations),
      }))
      const { principal, permissions } = await operations.getCaller(request, call)
      return { caller: writeCaller(principal), permissions: writePermissions(permissions) }
    }),
  }
}

function writeCaller(principal: Principal): Caller {
  return {
    kind: KINDS_ON_WIRE[principal.kind],
    name: principal.name,
    playerId: principal.kind === 'player' ? principal.playerId : '',
  }
}

function writePermissions(permissions: CallerAccess['permissions']): Permission[] {
  return Object.entries(RESOURCES_ON_WIRE).map(([name, resource]) => {
    const allowed = permissions[name as Resource]
    return {
      resource,
      create: allowed.has('create'),
      read: allowed.has('read'),
      update: allowed.has('update'),
      delete: allowed.has('delete'),
    }
  })
}
