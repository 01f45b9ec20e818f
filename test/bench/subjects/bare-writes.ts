import { createWorld } from '../fixture.ts'
import type { Subject } from '../rounds.ts'
import { type Scene, TITLES } from '../settings.ts'
import { batchTo } from './batch.ts'
import { unaryTo } from './unary.ts'

/**
 * The same reports, one by one and in calls of 500, to a server that writes and does nothing else: how far any on Node
 * could go. They are on a title of their own: Laurel's server would have to read anew what is written behind its back.
 */
export async function bareWrites({ stage, server }: Scene): Promise<readonly Subject[]> {
  const { bare } = TITLES
  await createWorld(stage, server.address, stage.databaseUrl, bare)
  const { place } = await stage.helper('load/bare-writer.ts', stage.databaseUrl)
  return [unaryTo(stage, 'bare writes', place, bare), batchTo(stage, 'bare writes, batch', place, bare)]
}
