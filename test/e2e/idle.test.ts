import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { cpuSeconds } from '../support/cpu-time.ts'
import { createFixture } from '../support/fixture.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { noSystemPostgres, startSystemPostgres } from '../support/system-postgres.ts'

const WINDOW_SECONDS = 20

/** Of a core, by the server and by all processes of its database. */
async function idleShare(server: RunningServer, postmaster: number): Promise<number> {
  await createFixture(server.address, { first: undefined })
  const used = async () => (await cpuSeconds(server.process.pid as number)) + (await cpuSeconds(postmaster))
  // Past what the start left to do.
  await sleep(5_000)
  const before = await used()
  await sleep(WINDOW_SECONDS * 1000)
  return ((await used()) - before) / WINDOW_SECONDS
}

test('an idle server and a Postgres that compiles statements use less than 1 % of a core', async ({
  skip,
}) => {
  skip(process.platform !== 'linux', 'CPU time is read from /proc')
  skip(noSystemPostgres !== undefined, noSystemPostgres)
  await using postgres = await startSystemPostgres()
  await using server = await startServer({ databaseUrl: postgres.url })
  expect(await idleShare(server, postgres.postmaster)).toBeLessThan(0.01)
})

test('an idle server and its embedded Postgres use less than 1 % of a core', async ({ skip }) => {
  skip(process.platform !== 'linux', 'CPU time is read from /proc')
  await using cleanup = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'laurel-idle-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  // Enterable for the user that runs Postgres when the tests run as root.
  await chmod(folder, 0o755)
  await using server = await startServer({ env: { LAUREL_DATA_DIR: folder } })
  const [postmaster] = (await readFile(join(folder, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')
  expect(await idleShare(server, Number(postmaster))).toBeLessThan(0.01)
})
