import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { SafePosition } from '../../../src/service/events/safe-position.ts'
import { DIRECT_WRITER } from '../../../src/store/citus/node-writers.ts'
import { citusUrls, noCitus, urlOfDatabase } from '../../support/citus.ts'
import { createTestServices, type TestServices } from '../../support/services.ts'

const PREPARED = 'prepared transaction of another node'
const DIRECT = 'report that a node writes'
const WRITERS = {
  // Not named by Citus, which would roll it back.
  [PREPARED]: {
    begin: 'begin; create table in_doubt (); prepare transaction $$laurel test$$',
    end: 'rollback prepared $$laurel test$$',
  },
  [DIRECT]: {
    begin: `begin; select pg_advisory_xact_lock_shared(${DIRECT_WRITER})`,
    end: 'rollback',
  },
}

describe.skipIf(noCitus !== undefined)(
  `the safe position of events on a cluster (${noCitus ?? 'there is one'})`,
  () => {
    let services: TestServices
    let safePosition: SafePosition
    let coordinator: pg.Client
    let worker: pg.Client
    beforeEach(async () => {
      services = await createTestServices()
      coordinator = await connect(services.databaseUrl)
      worker = await connect(workerUrl())
      safePosition = new SafePosition(services.store)
    })
    afterEach(async () => {
      await safePosition.close()
      await coordinator.end()
      await worker.end()
      await services[Symbol.asyncDispose]()
    })

    const workerUrl = () =>
      urlOfDatabase(citusUrls[1] as string, new URL(services.databaseUrl).pathname.slice(1))
    const expectToWait = async () => {
      safePosition.start()
      await expect(safePosition.current(AbortSignal.timeout(500))).rejects.toThrow('timeout')
      expect(safePosition.position).toBeUndefined()
    }
    const expectToAdvance = async () =>
      expect(await safePosition.current(NEVER_ABORTED)).toBeGreaterThanOrEqual(0n)

    test.each(Object.entries(WRITERS))('waits for a %s', async (_, { begin, end }) => {
      await worker.query(begin)
      await expectToWait()
      await worker.query(end)
      await expectToAdvance()
    })

    test('waits for a commit that the coordinator has sent to a node', async () => {
      const [internal, other] = [
        await connect(workerUrl(), 'citus_internal gpid=1'),
        await connect(workerUrl()),
      ]
      await other.query('select pg_advisory_lock(1)')
      // As for a synchronous standby that is away.
      await internal.query(`set citus.enable_ddl_propagation = off; begin;
        create function pg_temp.wait() returns trigger language plpgsql as $$begin perform pg_advisory_xact_lock(1); return null; end$$;
        create temporary table waiting (n integer);
        create constraint trigger waits after insert on waiting initially deferred for each row execute function pg_temp.wait();
        insert into waiting values (1)`)
      const committed = internal.query('commit')
      await expectToWait()
      await other.query('select pg_advisory_unlock(1)')
      await committed
      await expectToAdvance()
      await Promise.all([internal.end(), other.end()])
    })

    test('waits for a transaction that ends on the coordinator and stays prepared on a node', async () => {
      await coordinator.query('begin; set local citus.enable_ddl_propagation = off')
      await coordinator.query('lock table events in row exclusive mode')
      await expectToWait()
      const { begin, end } = WRITERS[PREPARED]
      await worker.query(begin)
      await coordinator.query('rollback')
      await expectToWait()
      await worker.query(end)
      await expectToAdvance()
    })

    test('waits for the writers of a node that cannot be asked for a while', async () => {
      const { begin, end } = WRITERS[DIRECT]
      await worker.query(begin)
      await expectToWait()
      {
        await using _ = await refuseListing(new URL(workerUrl()).pathname.slice(1))
        await expectToWait()
      }
      await expectToWait()
      await worker.query(end)
      await expectToAdvance()
    })
  },
)

async function connect(connectionString: string, applicationName = 'test'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: applicationName })
  await client.connect()
  return client
}

/** Ends the connections that list transactions of the first worker, and has it refuse new ones, until disposed. */
async function refuseListing(database: string): Promise<AsyncDisposable> {
  const server = await connect(citusUrls[1] as string)
  await server.query(`alter database ${database} allow_connections false`)
  await server.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1 and query like '%pg_prepared_xacts%'`,
    [database],
  )
  return {
    async [Symbol.asyncDispose]() {
      await server.query(`alter database ${database} allow_connections true`)
      await server.end()
    },
  }
}
