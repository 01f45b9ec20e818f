import { join } from 'node:path'
import { type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  AchievementServiceClient,
  CreateAchievementRequest,
  ListAchievementsRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { errorInfoOf } from '../support/error-info.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { startServerProcess } from '../support/server.ts'
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'

let disk: SmallDisk
beforeAll(async () => {
  disk = await mountSmallDisk()
})
afterAll(() => disk[Symbol.asyncDispose]())

test('a full disk: writes get DATABASE_FULL, reads go on, and the server recovers when there is room', async ({
  skip,
}) => {
  skip(disk.missing !== undefined, disk.missing)
  await using server = await startServerProcess({ env: { LAUREL_DATA_DIR: join(disk.folder, 'data') } })
  await createFixture(server.address, { first: undefined })
  using client = createClient(AchievementServiceClient, server.address)
  let count = 0
  /** Writes half a megabyte that cannot be compressed. */
  const write = () => {
    count += 1
    const noise = Array.from({ length: 30_000 }, () => Math.random().toString(36)).join('')
    const extensions = new Map([['toy', JSON.stringify({ noise })]])
    const name = { locale: 'en', text: 'x' }
    const achievement = { titleId: TITLE_ID, achievementId: `large-${count}`, name, extensions }
    return callUnary(client, 'createAchievement', CreateAchievementRequest.fromPartial({ achievement })).then(
      () => 'written',
      (error: ServiceError) => `${status[error.code]} ${errorInfoOf(error).reason}`,
    )
  }
  const readiness = async () => (await fetch(`${server.url}/readyz`)).json()
  expect(await write()).toBe('written')

  const makeRoom = await disk.fill()
  await expect.poll(write).toBe('UNAVAILABLE DATABASE_FULL')
  expect(await readiness()).toMatchObject({ status: 'not ready', databaseWrites: 'full' })
  const request = ListAchievementsRequest.fromPartial({ titleId: TITLE_ID, pageSize: 1 })
  expect((await callUnary(client, 'listAchievements', request)).achievements).toHaveLength(1)
  expect(server.output()).toContain('the database has no room: make some')
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  expect(metrics).toMatch(/laurel_database_writes\{state="full".*\} 1/)

  await makeRoom()
  await expect.poll(readiness).toMatchObject({ status: 'ready', databaseWrites: 'writable' })
  expect(await write()).toBe('written')
})

test('a start on a full disk says so in one line', async ({ skip }) => {
  skip(disk.missing !== undefined, disk.missing)
  const env = { LAUREL_DATA_DIR: join(disk.folder, 'data') }
  for (const directory of ['data', 'new']) {
    const makeRoom = await disk.fill()
    const failure: Error = await startServerProcess({
      env: { ...env, LAUREL_DATA_DIR: join(disk.folder, directory) },
    }).then(
      () => expect.fail('the server started'),
      (error) => error,
    )
    await makeRoom()
    const message = `no space is left on the device of ${join(disk.folder, directory)}, and Postgres needs some to start: make room`
    expect(failure.message.split('served:\n')[1]).toBe(`laurel: ${message}\n`)
  }
})
