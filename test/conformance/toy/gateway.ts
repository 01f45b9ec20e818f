import { LossReport } from '../../../src/dialect/losses.ts'
import type { Gateway, GatewayRequest } from '../../../src/http/gateway.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { encode } from './encode.ts'

const DIALECT = 'toy'

/** As small as a gateway can be: the toys of a game, those of a player, and a report that one is done. */
export const gateway: Gateway = {
  dialect: DIALECT,
  mounts: ['/toy'],
  domains: ['toys.example'],
  routes: [
    {
      method: 'GET',
      path: '/games/:game/toys',
      name: 'list toys',
      handle: async (request) => ({ status: 200, body: { toys: await toysOf(request, undefined) } }),
    },
    {
      method: 'GET',
      path: '/games/:game/players/:player/toys',
      name: 'list toys of player',
      handle: async (request) => {
        const { playerId } = await request.operations.playerOfAccount(accountOf(request), request.call)
        return { status: 200, body: { toys: await toysOf(request, playerId) } }
      },
    },
    {
      method: 'PUT',
      path: '/games/:game/players/:player/toys/:toy',
      name: 'finish toy',
      handle: async (request) => {
        const { operations, call, params } = request
        const { id: titleId } = await titleOf(request)
        const key = { dialect: DIALECT, titleId, dialectId: params['toy'] ?? '' }
        const { id: achievementId } = await operations.getDialectAchievement(key, call)
        const found = await operations.playerOfAccount(accountOf(request), call)
        const player = found.linked ? found : await operations.admitAccount(accountOf(request), call)
        const report = { kind: 'percent', percent: 100 } as const
        const reported = { titleId, playerId: player.playerId, achievementId, report }
        await operations.recordProgress({ ...reported, occurredTime: undefined, requestId: undefined }, call)
        return { status: 204 }
      },
    },
  ],
  writeFailure: ({ status, error }) => ({ status, body: { error: error?.message ?? 'failed' } }),
}

function titleOf({ operations, call, params }: GatewayRequest) {
  const binding = { game: params['game'] ?? '' }
  return operations.findBoundTitle({ dialect: DIALECT, binding }, call)
}

function accountOf({ params }: GatewayRequest) {
  return { dialect: DIALECT, id: params['player'] ?? '' }
}

async function toysOf(request: GatewayRequest, playerId: string | undefined): Promise<readonly JsonObject[]> {
  const title = await titleOf(request)
  const asked = { dialect: DIALECT, titleId: title.id, playerId }
  const list = (await Array.fromAsync(request.operations.listTitleProgress(asked, request.call))).flat()
  const account = playerId === undefined ? undefined : request.params['player']
  const context = { locale: undefined, shape: undefined, purpose: 'definition', account } as const
  return list.map(({ achievement, progress }) => {
    const facts = { ...progress, account, achievementId: achievement.id, extensions: {} }
    const record = {
      title: { binding: title.bindings[DIALECT], displayName: undefined, extensions: {} },
      achievement,
      progress: playerId === undefined ? undefined : facts,
      summary: undefined,
    }
    return encode(record, new LossReport(), context)
  })
}
