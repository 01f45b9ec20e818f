import pg from 'pg'
import { expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { SafePosition } from '../../../src/service/events/safe-position.ts'
import { DIRECT_WRITER } from '../../../src/store/citus/node-writers.ts'
import { citusUrls, noCitus, urlOfDatabase } from '../../support/citus.ts'
import { createTestServices } from '../../support/services.ts'

const WRITERS = {
  // Not named by Citus, which would roll it back.
  'prepared transaction of another node': {
    begin: 'begin; create table in_doubt (); prepare transaction $$laurel test$$',
    end: 'rollback prepared $$laurel test$$',
  },
  'report that a node writes': {
    begin: `begin; select pg_advisory_xact_lock_shared(${DIRECT_WRITER})`,
    end: 'rollback',
  },
}

for (const [name, { begin, end }] of Object.entries(WRITERS)) {
  test.skipIf(noCitus !== undefined)(
    `the safe position waits for a ${name} (${noCitus ?? 'there is a cluster'})`,
    async () => {
      await using services = await createTestServices()
      const database = new URL(services.databaseUrl).pathname.slice(1)
      const worker = new pg.Client({ connectionString: urlOfDatabase(citusUrls[1] as string, database) })
      await worker.connect()
      await worker.query(begin)
      const safePosition = new SafePosition(services.store)
      safePosition.start()
      await expect(safePosition.current(AbortSignal.timeout(1_000))).rejects.toThrow()
      expect(safePosition.position).toBeUndefined()
      await worker.query(end)
      await worker.end()
      expect(await safePosition.current(NEVER_ABORTED)).toBeGreaterThanOrEqual(0n)
      await safePosition.close()
    },
  )
}
