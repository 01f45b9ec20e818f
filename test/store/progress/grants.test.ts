import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { linkAccount, unlinkAccount } from '../../../src/service/players/accounts.ts'
import { createPlayer, deletePlayer } from '../../../src/service/players/players.ts'
import { grantAchievement, revokeAchievement } from '../../../src/service/progress/enforcement.ts'
import { listPlayerTitles } from '../../../src/service/progress/get-progress.ts'
import { entriesOf } from '../../support/audit.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { UNCODED } from '../../support/documents.ts'
import { createPlayedTitle, titleId, unlock } from '../../support/played-title.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf } from '../../support/services.ts'

let played: Awaited<ReturnType<typeof createPlayedTitle>>
const call = callOf('support (ada)')
const once = { requestId: undefined }
const grantOf = (playerId: string, achievementId: string) =>
  ({ titleId, playerId, achievementId, reason: 'lost after a crash', ...once }) as const

beforeAll(async () => {
  played = await createPlayedTitle()
  const following = [requirementOf({ statCode: 'laps', target: 100n })]
  const closed = { start: 10n, end: 20n }
  for (const achievement of [
    achievementOf({ id: 'laps', requirements: following }),
    achievementOf({ id: 'season', kind: 'challenge', window: closed }),
    achievementOf({ id: 'old', lifecycle: 'retired' }),
    achievementOf({ id: 'next', lifecycle: 'draft' }),
    achievementOf({ id: 'all', participation: 'community', requirements: following }),
  ])
    await createAchievement(played.services, { titleId, achievement, ...once }, call)
})
afterAll(() => played[Symbol.asyncDispose]())

test('a grant unlocks once, keeps the values, and has an event and an audit entry with the reason', async () => {
  await played.record('kim', 'counted', { kind: 'percent', percent: 30 })
  const grant = grantOf('kim', 'counted')
  const { progress, ...result } = await grantAchievement(played.services, grant, call)
  expect(result).toMatchObject({ changed: true, newlyUnlocked: true })
  expect(progress).toMatchObject({ state: 'achieved', percent: 100, values: { count: 300n } })
  expect(progress).toMatchObject({ unlockPrecision: 'exact', writer: 'support (ada)' })
  const repeated = await grantAchievement(played.services, grant, call)
  expect(repeated).toMatchObject({ changed: false, alreadyUnlocked: true, progress })
  expect(await played.summary('kim')).toMatchObject({ unlockedCount: 1, score: 20n })
  expect((await played.events('kim')).at(-1)).toMatchObject({
    kind: 'unlocked',
    percent: 100,
    actor: 'support (ada)',
    reason: 'lost after a crash',
  })
  expect(await entriesOf(played.services, { playerId: 'kim' })).toMatchObject([
    { resourceType: 'progress', resourceId: 'counted', reason: 'lost after a crash' },
  ])
})

test('a grant needs no stat, no open window and no live achievement, but a draft or a community goal fails', async () => {
  for (const id of ['laps', 'season', 'old']) {
    const result = await grantAchievement(played.services, grantOf('lee', id), call)
    expect(result, id).toMatchObject({ newlyUnlocked: true, progress: { state: 'achieved' } })
  }
  const draft = grantAchievement(played.services, grantOf('lee', 'next'), call)
  await expect(draft).rejects.toMatchObject({ reason: 'NOT_LIVE' })
  const shared = grantAchievement(played.services, grantOf('lee', 'all'), call)
  await expect(shared).rejects.toMatchObject({ reason: 'COMMUNITY_GOAL' })
})

test('a grant of a revoked unlock leaves it revoked', async () => {
  await played.record('max', 'plain', unlock)
  await revokeAchievement(played.services, grantOf('max', 'plain'), call)
  const result = await grantAchievement(played.services, grantOf('max', 'plain'), call)
  expect(result).toMatchObject({ changed: false, alreadyUnlocked: true, progress: { revoked: true } })
})

test('the totals of a player are listed by title', async () => {
  await played.record('ida', 'plain', unlock)
  const titles = await listPlayerTitles(played.services, { playerId: 'ida' }, call)
  expect(titles.map(({ summary }) => summary)).toMatchObject([{ titleId, unlockedCount: 1, score: 10n }])
  expect(await listPlayerTitles(played.services, { playerId: 'unknown' }, call)).toEqual([])
})

test('the reasons of links, unlinks and deletions of players are in the audit, that of a deletion after it too', async () => {
  const player = { id: 'pat', displayName: '', accounts: [] }
  await createPlayer(played.services, { player, ...once }, call)
  const account = { dialect: UNCODED, id: fixturesOf(UNCODED).account(1) }
  await linkAccount(played.services, { playerId: 'pat', account, reason: 'ticket 1', ...once }, call)
  await unlinkAccount(played.services, { playerId: 'pat', account, reason: 'ticket 2', ...once }, call)
  const reasons = async () =>
    (await entriesOf(played.services, { resourceType: 'player' })).map(({ reason }) => reason)
  expect(await reasons()).toEqual(['ticket 2', 'ticket 1', ''])
  await deletePlayer(played.services, { playerId: 'pat', etag: undefined, reason: 'ticket 3', ...once }, call)
  expect(await reasons()).toEqual(['ticket 3', '', '', ''])
})
