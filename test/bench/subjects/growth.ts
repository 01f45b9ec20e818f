import type { Environment } from '../environment.ts'
import { createFixture } from '../fixture.ts'
import type { Target } from '../load/reports.ts'
import type { Subject } from '../rounds.ts'
import { unaryTo } from './wire.ts'

const SMALL = { titleId: 'small', players: 10_000, achievements: 1 }
const LARGE = { titleId: 'large', players: 100_000, achievements: 100 }

/**
 * `unary` to two servers, each with a database of its own: 10 thousand rows of progress in one, 10 million in the other. Reports
 * are spread evenly over all rows. The third subject uses only as many players of the large database as the small one has.
 *
 * Servers that only write have rounds of their own, after the others, because Laurel's caches would be stale for the rows that
 * they write.
 */
export async function growth(environment: Environment): Promise<readonly (readonly Subject[])[]> {
  const small = await open(environment, SMALL)
  const large = await open(environment, LARGE)
  return [
    [
      unaryTo(environment, 'unary, 10 thousand rows', small.address, SMALL),
      unaryTo(environment, 'unary, 10 million rows', large.address, LARGE),
      unaryTo(environment, 'unary, 10 million rows, 10 thousand players', large.address, {
        ...SMALL,
        titleId: LARGE.titleId,
      }),
    ],
    [
      unaryTo(environment, 'bare writes, 10 thousand rows', small.bareAddress, SMALL),
      unaryTo(environment, 'bare writes, 10 million rows', large.bareAddress, LARGE),
    ],
  ]
}

async function open(environment: Environment, target: Target) {
  const databaseUrl = await environment.createDatabase(`bench_${target.titleId}`)
  const { address } = await environment.server({ databaseUrl })
  await createFixture(environment, address, databaseUrl, target)
  const { address: bareAddress } = await environment.helper('load/bare-writer.ts', databaseUrl)
  return { address, bareAddress }
}
