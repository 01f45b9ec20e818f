import type { Player } from '../../model/player.ts'
import { playerOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export async function getPlayer(
  services: Services,
  { playerId }: { readonly playerId: string },
  call: Call,
): Promise<Player> {
  return services.store.read(call.signal, (queries) => playerOf(queries, playerId))
}
