import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { cpuSeconds } from '../support/cpu-time.ts'
import { createDataFolder } from '../support/data-folder.ts'
import { createFixture } from '../support/fixture.ts'
import { postmasterIn } from '../support/postmaster.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'
import { noSystemPostgres, startSystemPostgres } from '../support/system-postgres.ts'

const WINDOW_SECONDS = 20
const MAX_WINDOWS = 3

/**
 * Expects the server and all processes of its database to use less CPU time while idle than a client and a database use for 25
 * trivial queries a second, which is about 1 % of a core. A loaded machine makes the same instructions take longer, of both alike.
 */
async function expectIdle(server: ServerProcess, postmaster: number): Promise<void> {
  await createFixture(server.address, { first: undefined })
  await using compared = await startSystemPostgres()
  await using stack = new AsyncDisposableStack()
  const client = spawn(process.execPath, ['test/support/trivial-queries.ts', compared.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  stack.defer(() => void client.kill())
  await once(client.stdout, 'data')
  const used = async (...processes: readonly number[]) => {
    const seconds = await Promise.all(processes.map(cpuSeconds))
    return seconds.reduce((sum, one) => sum + one, 0)
  }
  const both = () =>
    Promise.all([
      used(server.process.pid as number, postmaster),
      used(client.pid as number, compared.postmaster),
    ])
  // Skips the work that a start leaves to do.
  await sleep(5_000)
  const ratios: number[] = []
  do {
    const [before, comparedBefore] = await both()
    await sleep(WINDOW_SECONDS * 1000)
    const [after, comparedAfter] = await both()
    ratios.push((after - before) / (comparedAfter - comparedBefore))
  } while (Math.min(...ratios) >= 1 && ratios.length < MAX_WINDOWS)
  expect(Math.min(...ratios), `ratios in windows: ${ratios}`).toBeLessThan(1)
}

test.concurrent('an idle server and a Postgres that compiles statements cost less than 25 trivial queries a second', async ({
  skip,
}) => {
  skip(process.platform !== 'linux', 'CPU time is read from /proc')
  skip(noSystemPostgres !== undefined, noSystemPostgres)
  await using postgres = await startSystemPostgres()
  await using server = await startServerProcess({ databaseUrl: postgres.url })
  await expectIdle(server, postgres.postmaster)
})

test.concurrent('an idle server and its embedded Postgres cost less than 25 trivial queries a second', async ({
  skip,
}) => {
  skip(process.platform !== 'linux', 'CPU time is read from /proc')
  skip(noSystemPostgres !== undefined, noSystemPostgres)
  await using cleanup = new AsyncDisposableStack()
  const folder = await createDataFolder('idle')
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  await using server = await startServerProcess({ env: { LAUREL_DATA_DIR: folder } })
  await expectIdle(server, await postmasterIn(join(folder, 'postgres/data')))
})
