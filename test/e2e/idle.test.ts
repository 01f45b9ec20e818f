import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { cpuSeconds } from '../support/cpu-time.ts'
import { createFixture } from '../support/fixture.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'
import { noSystemPostgres, startSystemPostgres } from '../support/system-postgres.ts'

const WINDOW_SECONDS = 20
const MAX_WINDOWS = 3
const LIMIT = 0.01

/**
 * Expects the server and all processes of its database to use less than the limit of a core while idle. Other work on the
 * machine makes the same instructions take longer, so that a window above the limit is measured again.
 */
async function expectIdle(server: ServerProcess, postmaster: number): Promise<void> {
  await createFixture(server.address, { first: undefined })
  const used = async () => (await cpuSeconds(server.process.pid as number)) + (await cpuSeconds(postmaster))
  // Skips the work that a start leaves to do.
  await sleep(5_000)
  const shares: number[] = []
  do {
    const before = await used()
    await sleep(WINDOW_SECONDS * 1000)
    shares.push(((await used()) - before) / WINDOW_SECONDS)
  } while (Math.min(...shares) >= LIMIT && shares.length < MAX_WINDOWS)
  expect(Math.min(...shares), `shares of a core in windows: ${shares}`).toBeLessThan(LIMIT)
}

test.concurrent('an idle server and a Postgres that compiles statements use less than 1 % of a core', async ({
  skip,
}) => {
  skip(process.platform !== 'linux', 'CPU time is read from /proc')
  skip(noSystemPostgres !== undefined, noSystemPostgres)
  await using postgres = await startSystemPostgres()
  await using server = await startServerProcess({ databaseUrl: postgres.url })
  await expectIdle(server, postgres.postmaster)
})

test.concurrent('an idle server and its embedded Postgres use less than 1 % of a core', async ({ skip }) => {
  skip(process.platform !== 'linux', 'CPU time is read from /proc')
  await using cleanup = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'laurel-idle-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  // Enterable for the user that runs Postgres when the tests run as root.
  await chmod(folder, 0o755)
  await using server = await startServerProcess({ env: { LAUREL_DATA_DIR: folder } })
  const [postmaster] = (await readFile(join(folder, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')
  await expectIdle(server, Number(postmaster))
})
