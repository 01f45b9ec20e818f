import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { deleteAchievement } from '../../src/service/achievements/delete-achievement.ts'
import { createDestination } from '../../src/service/destinations/create-destination.ts'
import { deleteDestination } from '../../src/service/destinations/destinations.ts'
import { createPlayer, deletePlayer } from '../../src/service/players/players.ts'
import { createStat, deleteStat } from '../../src/service/stats/stats.ts'
import { createTitle, deleteTitle } from '../../src/service/titles/titles.ts'
import { achievementOf } from '../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

let services: TestServices
const call = callOf()
const once = { requestId: undefined }
const titleId = 'title'
const titleOf = (id: string) => ({ id, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} })

beforeAll(async () => {
  services = await createTestServices()
  await createTitle(services, { title: titleOf(titleId), ...once }, call)
})
afterAll(() => services[Symbol.asyncDispose]())

type Create = () => Promise<{ readonly etag: string }>
type Delete = (etag: string) => Promise<unknown>

const stat = {
  titleId,
  code: 'kills',
  displayName: '',
  defaultValue: 0,
  minimum: undefined,
  maximum: undefined,
  incrementOnly: false,
  setBy: 'server' as const,
  extensions: {},
} as const
const destination = {
  titleId,
  id: 'hook',
  displayName: '',
  dialect: 'webhook',
  url: 'https://hooks.example/',
  credential: 'env:LAUREL_CREDENTIAL_HOOK',
  filter: { kinds: [], achievementIds: [], playerIds: [] },
  limits: { requestsPerSecond: 1, maxInFlight: 1, maxAttempts: 1, timeout: 10_000_000n },
}

const RECORDS: Readonly<Record<string, readonly [Create, Delete]>> = {
  title: [
    () => createTitle(services, { title: titleOf('again'), ...once }, call),
    (etag) => deleteTitle(services, { titleId: 'again', etag, force: false, ...once }, call),
  ],
  achievement: [
    () => createAchievement(services, { titleId, achievement: achievementOf({ id: 'a' }), ...once }, call),
    (etag) => deleteAchievement(services, { titleId, achievementId: 'a', etag, force: false, ...once }, call),
  ],
  stat: [
    () => createStat(services, { stat, ...once }, call),
    (etag) => deleteStat(services, { titleId, code: 'kills', etag, ...once }, call),
  ],
  player: [
    () => createPlayer(services, { player: { id: 'ann', displayName: '', accounts: [] }, ...once }, call),
    (etag) => deletePlayer(services, { playerId: 'ann', etag, ...once }, call),
  ],
  destination: [
    () => createDestination(services, { destination, fromOldest: false, ...once }, call),
    (etag) => deleteDestination(services, { titleId, destinationId: 'hook', etag, ...once }, call),
  ],
}

test.each(Object.entries(RECORDS))(
  'a %s that is created again has another etag',
  async (_, [create, remove]) => {
    const first = await create()
    await remove(first.etag)
    const second = await create()
    expect(second.etag).not.toBe(first.etag)
    await expect(remove(first.etag)).rejects.toMatchObject({ reason: 'ETAG_MISMATCH' })
    await remove(second.etag)
  },
)
