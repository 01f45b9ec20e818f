import pg from 'pg'
import { expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { SafePosition } from '../../../src/service/events/safe-position.ts'
import { citusUrls, noCitus, urlOfDatabase } from '../../support/citus.ts'
import { createTestServices } from '../../support/services.ts'

test.skipIf(noCitus !== undefined)(
  `the safe position waits for a prepared transaction of another node (${noCitus ?? 'there is a cluster'})`,
  async () => {
    await using services = await createTestServices()
    const name = new URL(services.databaseUrl).pathname.slice(1)
    const worker = new pg.Client({ connectionString: urlOfDatabase(citusUrls[1] as string, name) })
    await worker.connect()
    // Not named by Citus, which would roll it back.
    await worker.query('begin; create table in_doubt (); prepare transaction $$laurel test$$')
    const safePosition = new SafePosition(services.store)
    safePosition.start()
    await expect(safePosition.current(AbortSignal.timeout(1_000))).rejects.toThrow()
    expect(safePosition.position).toBeUndefined()
    await worker.query('rollback prepared $$laurel test$$')
    await worker.end()
    expect(await safePosition.current(NEVER_ABORTED)).toBeGreaterThanOrEqual(0n)
    await safePosition.close()
  },
)
