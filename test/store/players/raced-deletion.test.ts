import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LaurelError } from '../../../src/model/errors.ts'
import { MERGER, MergedTitle } from '../../support/merged-title.ts'
import { rowsOfPlayer } from '../../support/player-rows.ts'
import { createTestServices, servicesOn, type TestServices } from '../../support/services.ts'

let services: TestServices
let database: pg.Pool
let title: MergedTitle
/** Another process, with caches of its own. */
let elsewhere: MergedTitle

beforeAll(async () => {
  services = await createTestServices()
  database = new pg.Pool({ connectionString: services.databaseUrl, max: 2 })
  title = new MergedTitle(services, 'title')
  await title.create(false)
  elsewhere = title.through(servicesOn(services.store))
})
afterAll(async () => {
  await database.end()
  await services[Symbol.asyncDispose]()
})

const remove = (playerId: string, { operations }: MergedTitle) =>
  operations.deletePlayer({ playerId, etag: undefined, requestId: undefined }, MERGER)

test('records nothing after a deletion, whatever races it', async () => {
  for (let round = 0; round < 60; round += 1) {
    const playerId = `raced-${round}`
    if (round % 3 === 0) await title.createPlayer(playerId)
    else if (round % 3 === 1) await title.unlock(playerId)
    let isDeleted = false
    const late: unknown[] = []
    let unlockCount = 0
    const reporter = async (there: MergedTitle, index: number) => {
      for (let isLate = false; !isLate; ) {
        isLate = isDeleted
        const report = index % 4 === 3 ? there.setStat(playerId, 'laps', 1) : there.unlock(playerId)
        const outcome = await report.catch((error: unknown) => error)
        if (isLate) late.push(outcome)
        if (outcome instanceof Object && 'newlyUnlocked' in outcome && outcome.newlyUnlocked) unlockCount += 1
      }
    }
    const reporters = Array.from({ length: 6 }, (_, index) =>
      reporter(index % 2 === 0 ? title : elsewhere, index),
    )
    await new Promise((resolve) => setTimeout(resolve, round % 7))
    let found = false
    while (!found) {
      found = await remove(playerId, round % 2 === 0 ? title : elsewhere).then(
        () => true,
        (error: LaurelError) => error.reason !== 'PLAYER_NOT_FOUND',
      )
    }
    isDeleted = true
    await Promise.all(reporters)
    expect(late).toMatchObject(Array(6).fill({ reason: 'PLAYER_DELETED' }))
    expect(unlockCount).toBeLessThanOrEqual(1)
    const { events = 0, ...rows } = await rowsOfPlayer(database, playerId)
    expect(rows).toEqual({})
    expect(events).toBeLessThanOrEqual(1)
  }
})
