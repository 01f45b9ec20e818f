import { setTimeout as sleep } from 'node:timers/promises'
import { onDatabase } from '../support/deliveries.ts'
import { createFixture } from '../support/fixture.ts'
import { startServerProcess } from '../support/server.ts'
import { startProxy } from '../support/severed.ts'
import { noSystemPostgres, type SystemPostgres, startSystemPostgres } from '../support/system-postgres.ts'
import { Writers } from '../support/writers.ts'
import type { Exercise } from './exercise.ts'

/** How long the address leads to the demoted primary still. */
const STALE_ADDRESS_MILLISECONDS = 500

export const failover: Exercise = {
  title:
    'a primary with a synchronous standby is killed or demoted, in turn, and the standby takes its place',
  times: 20,
  async run(times, log) {
    if (noSystemPostgres !== undefined) throw new Error(noSystemPostgres)
    await using cleanup = new AsyncDisposableStack()
    let primary = cleanup.use(await startSystemPostgres())
    const startStandby = async () => {
      const started = cleanup.use(await startSystemPostgres({ standbyOf: primary }))
      await waitUntilSynchronous(primary)
      return started
    }
    let standby = await startStandby()
    const proxy = cleanup.use(await startProxy(primary.url))
    const first = cleanup.use(await startServerProcess({ databaseUrl: proxy.url }))
    const second = cleanup.use(await startServerProcess({ databaseUrl: proxy.url }))
    await createFixture(first.address, Writers.achievements)

    using writers = new Writers([first.address, second.address])
    let killed = 0
    for (let round = 0; round < times; round += 1) {
      await writers.more(50)
      const former = primary
      const kills = round % 2 === 0
      if (kills) {
        killed += 1
        process.kill(former.postmaster, 'SIGKILL')
      } else await former.stop()
      await standby.promote()
      primary = standby
      await setSynchronous(primary, false)
      if (kills) {
        proxy.retarget(primary.url)
        standby = await startStandby()
      } else {
        await former.startAsStandbyOf(primary)
        await sleep(STALE_ADDRESS_MILLISECONDS)
        proxy.retarget(primary.url)
        standby = former
        await waitUntilSynchronous(primary)
      }
      log(`${round + 1} of ${times} failovers, ${writers.total} acknowledged writes`)
    }
    await writers.more(50)
    await writers.stop()
    await writers.check(primary.url)
    const demoted = times - killed
    const failures = writers.failuresByStatus
    return { killed, demoted, 'acknowledged writes': writers.total, ...failures }
  },
}

/** From then on a commit is acknowledged once the standby has it. */
async function waitUntilSynchronous(primary: SystemPostgres): Promise<void> {
  await setSynchronous(primary, true)
  const statement = "select 1 from pg_stat_replication where state = 'streaming' and sync_state = 'sync'"
  while ((await onDatabase(primary.url, statement)).length === 0) await sleep(50)
}

async function setSynchronous({ url }: SystemPostgres, isSynchronous: boolean): Promise<void> {
  await onDatabase(url, `alter system set synchronous_standby_names = '${isSynchronous ? '*' : ''}'`)
  await onDatabase(url, 'select pg_reload_conf()')
}
