import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createDataFolder } from '../support/data-folder.ts'
import { createFixture } from '../support/fixture.ts'
import { postmasterIn } from '../support/postmaster.ts'
import { lastingAddresses, startServerProcess } from '../support/server.ts'
import { Writers } from '../support/writers.ts'
import type { Exercise } from './exercise.ts'

export const kill: Exercise = {
  title: 'a server and its embedded Postgres are killed in turn during writes',
  times: 200,
  async run(times, log) {
    await using cleanup = new AsyncDisposableStack()
    const folder = await createDataFolder('kill')
    cleanup.defer(() => rm(folder, { recursive: true, force: true }))
    cleanup.defer(() => killPostgresIn(folder))
    const addresses = await lastingAddresses()
    const start = () => startServerProcess({ env: { LAUREL_DATA_DIR: folder, ...addresses } })

    let server = await start()
    cleanup.defer(() => server[Symbol.asyncDispose]())
    await createFixture(server.address, Writers.achievements)
    using writers = new Writers([server.address])
    for (let round = 0; round < times; round += 1) {
      await writers.more(50)
      if (round % 2 === 0) {
        await server.kill('SIGKILL')
        server = await start()
      } else {
        process.kill(await postmasterIn(join(folder, 'postgres/data')), 'SIGKILL')
      }
      log(`${round + 1} of ${times} kills, ${writers.total} acknowledged writes`)
    }
    await writers.more(50)
    await writers.stop()
    await writers.check(await databaseUrlIn(folder))
    return { kills: times, 'acknowledged writes': writers.total, ...writers.failuresByStatus }
  },
}

/** A killed server leaves its Postgres. */
export async function killPostgresIn(folder: string): Promise<void> {
  const pid = await postmasterIn(join(folder, 'postgres/data')).catch(() => undefined)
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
}

export async function databaseUrlIn(folder: string): Promise<string> {
  const { password, port } = JSON.parse(await readFile(join(folder, 'postgres/access.json'), 'utf8'))
  return `postgres://laurel:${password}@127.0.0.1:${port}/postgres`
}
