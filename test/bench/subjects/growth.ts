import { createWorld } from '../fixture.ts'
import type { Target } from '../load/reports.ts'
import type { Subject } from '../rounds.ts'
import type { Stage } from '../server-process.ts'
import { unaryTo } from './unary.ts'

const SMALL = { titleId: 'small', players: 10_000, achievements: 1 }
const LARGE = { titleId: 'large', players: 100_000, achievements: 100 }

/**
 * Single reports to two servers with the same settings, each on a database of its own: one holds 10 thousand rows of
 * progress, the other 10 million. Reports go evenly to all rows that there are; the third subject goes to no more
 * players of the large one than the small one has.
 *
 * Then the same to servers that only write, to the same rows. They have rounds of their own, after the others: what
 * they write, Laurel's servers would have to read anew.
 */
export async function growth(stage: Stage): Promise<readonly (readonly Subject[])[]> {
  const small = await open(stage, SMALL)
  const large = await open(stage, LARGE)
  return [
    [
      unaryTo(stage, 'unary, 10 thousand rows', small.address, SMALL),
      unaryTo(stage, 'unary, 10 million rows', large.address, LARGE),
      unaryTo(stage, 'unary, 10 million rows, few players', large.address, {
        ...SMALL,
        titleId: LARGE.titleId,
      }),
    ],
    [
      unaryTo(stage, 'bare writes, 10 thousand rows', small.bareAddress, SMALL),
      unaryTo(stage, 'bare writes, 10 million rows', large.bareAddress, LARGE),
    ],
  ]
}

async function open(stage: Stage, target: Target) {
  const databaseUrl = await stage.createDatabase(`bench_${target.titleId}`)
  const { address } = await stage.server({ databaseUrl })
  await createWorld(stage, address, databaseUrl, target)
  const { place: bareAddress } = await stage.helper('load/bare-writer.ts', databaseUrl)
  return { address, bareAddress }
}
