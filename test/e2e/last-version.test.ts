import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ServiceError, status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { ProgressServiceClient, UnlockAchievementRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { migrate } from '../../src/store/migrate.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase } from '../support/database.ts'
import { onDatabase } from '../support/deliveries.ts'
import { migrateTo } from '../support/earlier-schema.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { checkOutLastVersion, LAST_VERSION } from '../support/last-version.ts'
import { startServer, startServerProcess } from '../support/server.ts'

const CALLERS = 8

interface Unlock {
  readonly playerId: string
  /** OK for an unlock that was acknowledged. */
  readonly code: status
}

/** Unlocks the achievement for one new player after the other, until the signal is aborted. */
async function unlockUntil(signal: AbortSignal, address: string, prefix: string): Promise<Unlock[]> {
  using client = createClient(ProgressServiceClient, address)
  const unlocks: Unlock[] = []
  const call = async (caller: number) => {
    for (let round = 0; !signal.aborted; round += 1) {
      const playerId = `${prefix}-${caller}-${round}`
      const ids = { titleId: TITLE_ID, playerId, achievementId: 'plain', requestId: playerId }
      const request = UnlockAchievementRequest.fromPartial(ids)
      const code = await callUnary(client, 'unlockAchievement', request).then(
        () => status.OK,
        (error: ServiceError) => error.code,
      )
      unlocks.push({ playerId, code })
      if (code !== status.OK) await sleep(10)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
  return unlocks
}

function during(milliseconds: number, address: string, prefix: string): Promise<Unlock[]> {
  return unlockUntil(AbortSignal.timeout(milliseconds), address, prefix)
}

const codesOf = (unlocks: readonly Unlock[]) => [...new Set(unlocks.map(({ code }) => status[code]))]

test('the last version is that of the changelog', async () => {
  const changelog = await readFile(new URL('../../CHANGELOG.md', import.meta.url), 'utf8')
  expect(/^## (\d+\.\d+\.\d+) /m.exec(changelog)?.[1]).toBe(LAST_VERSION.version)
})

test('a migration under servers of the last version loses no acknowledged unlock', async ({ skip }) => {
  await using checkout = await checkOutLastVersion()
  if (checkout === undefined) return skip('the history of the repository is not here')
  await using database = await createTestDatabase()
  await migrateTo(database.url, undefined)
  await using last = await startServerProcess({
    databaseUrl: database.url,
    directory: checkout.directory,
  })
  await createFixture(last.address, { plain: undefined })
  const before = await during(1_000, last.address, 'before')
  expect(codesOf(before)).toEqual(['OK'])

  const migrated = new AbortController()
  const whileMigrating = unlockUntil(migrated.signal, last.address, 'while')
  await migrate(database.url)
  migrated.abort()
  const unlocks = [...before, ...(await whileMigrating)]

  await using next = await startServer({ databaseUrl: database.url })
  const [onLast, onNext] = await Promise.all([
    during(1_000, last.address, 'last'),
    during(1_000, next.address, 'next'),
  ])
  expect(codesOf(onNext)).toEqual(['OK'])
  if (LAST_VERSION.servesOnNewSchema) expect(codesOf(onLast)).toEqual(['OK'])
  else expect(codesOf(onLast)).not.toContain('OK')
  unlocks.push(...onLast, ...onNext)

  const acknowledged = unlocks.filter(({ code }) => code === status.OK).map(({ playerId }) => playerId)
  const stored = await onDatabase<{ player_id: string }>(
    database.url,
    `select player_id from progress p where state = 'achieved'
       and (select count(*) from events e where e.player_id = p.player_id and e.kind = 'unlocked') = 1`,
  )
  const ids = new Set(stored.map((row) => row.player_id))
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([])
  // A repeated request returns its first response.
  const [first = ''] = acknowledged
  using client = createClient(ProgressServiceClient, next.address)
  const again = { titleId: TITLE_ID, playerId: first, achievementId: 'plain', requestId: first }
  const response = await callUnary(client, 'unlockAchievement', UnlockAchievementRequest.fromPartial(again))
  expect(response).toMatchObject({ newlyUnlocked: true })
})
