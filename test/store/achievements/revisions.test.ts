import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AchievementRevision } from '../../../src/model/achievement.ts'
import { backfillNext } from '../../../src/service/achievements/backfills.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { deleteAchievement } from '../../../src/service/achievements/delete-achievement.ts'
import {
  listAchievementRevisions,
  previewAchievementRestore,
  restoreAchievementRevision,
} from '../../../src/service/achievements/revisions.ts'
import {
  reorderAchievement,
  updateAchievement,
} from '../../../src/service/achievements/update-achievement.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { deleteStat, getStat } from '../../../src/service/stats/stats.ts'
import { MAX_REVISIONS } from '../../../src/store/achievements/achievement-revisions.ts'
import { CODED, entryOf } from '../../support/documents.ts'
import { importText, textOf } from '../../support/exchange.ts'
import { createPlayedTitle, reach, titleId } from '../../support/played-title.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf } from '../../support/services.ts'

let played: Awaited<ReturnType<typeof createPlayedTitle>>
const once = { requestId: undefined }

beforeAll(async () => {
  played = await createPlayedTitle()
})
afterAll(() => played[Symbol.asyncDispose]())

const update = (achievementId: string, patch: object, actor = 'editor') =>
  updateAchievement(
    played.services,
    { titleId, achievementId, etag: undefined, patch, ...once },
    callOf(actor),
  )
const restore = (achievementId: string, revisionId: string, etag?: string) =>
  restoreAchievementRevision(
    played.services,
    { titleId, achievementId, revisionId, etag, ...once },
    callOf('restorer'),
  )

/** Returns all revisions, newest first. */
async function revisionsOf(
  achievementId: string,
  pageSize?: number,
): Promise<readonly AchievementRevision[]> {
  const revisions: AchievementRevision[] = []
  for (let pageToken: string | undefined; ; ) {
    const request = { titleId, achievementId, pageSize, pageToken }
    const page = await listAchievementRevisions(played.services, request, callOf())
    revisions.push(...page.items)
    pageToken = page.nextPageToken
    if (pageToken === undefined) return revisions
  }
}

test('each write adds a revision with its author, and the newest is the current state', async () => {
  const achievement = achievementOf({ id: 'written', hidden: true, tags: ['a'], productId: 'p' })
  const created = await createAchievement(played.services, { titleId, achievement, ...once }, callOf('maker'))
  const updated = await update('written', { tags: ['b'], productId: undefined })
  const move = { titleId, achievementId: 'written', listOrder: 1, requestId: 'move-1' }
  const reordered = await reorderAchievement(played.services, move, callOf('mover'))
  const revisions = await revisionsOf('written')
  expect(revisions.map(({ achievement }) => achievement)).toEqual([reordered, updated, created])
  expect(revisions.map(({ actor, requestId }) => [actor, requestId])).toEqual([
    ['mover', 'move-1'],
    ['editor', ''],
    ['maker', ''],
  ])
  expect(await revisionsOf('written', 1)).toEqual(revisions)
})

test('a restore writes all members of the revision but the list order and the ids, as a new revision', async () => {
  const first = await update('plain', { tags: ['first'], productId: 'p', ids: { [CODED]: 'own-1' } })
  const last = await update('plain', {
    tags: ['second'],
    productId: undefined,
    lockedDescription: first.description,
    listOrder: 7,
    ids: { [CODED]: 'own-2' },
  })
  const restored = await restore('plain', first.etag)
  const unchanged = { listOrder: 7, ids: last.ids, updateTime: restored.updateTime, etag: restored.etag }
  expect(restored).toEqual({ ...first, ...unchanged })
  expect(BigInt(restored.etag)).toBe(BigInt(last.etag) + 1n)
  const [newest] = await revisionsOf('plain')
  expect(newest).toMatchObject({ achievement: restored, actor: 'restorer' })
})

test('a restored lower target unlocks for players beyond it, and a preview counts them', async () => {
  const target = (value: bigint) => ({
    requirements: [
      { id: 'count', statCode: undefined, operator: 'at_least', target: value, valueType: 'integer' },
    ],
  })
  const low = await update('counted', target(10n))
  await update('counted', target(1000n))
  await played.record('ann', 'counted', reach(20n))
  const request = { titleId, achievementId: 'counted', revisionId: low.etag, etag: undefined, ...once }
  const before = await revisionsOf('counted')
  const preview = await previewAchievementRestore(played.services, request, callOf())
  expect(preview).toMatchObject({ unlockCount: 1, achievement: { requirements: low.requirements } })
  expect(await revisionsOf('counted')).toEqual(before)
  await restore('counted', low.etag)
  while (await backfillNext(played.services, request, callOf().signal));
  const key = { titleId, playerId: 'ann', achievementId: 'counted' }
  expect((await getProgress(played.services, key, callOf())).progress.state).toBe('achieved')
})

test('a restore checks the etag, and runs once for a request id', async () => {
  const first = await update('hidden', { tags: ['x'] })
  const second = await update('hidden', { tags: ['y'] })
  await expect(restore('hidden', first.etag, first.etag)).rejects.toMatchObject({ reason: 'ETAG_MISMATCH' })
  const request = {
    titleId,
    achievementId: 'hidden',
    revisionId: first.etag,
    etag: second.etag,
    requestId: 'r',
  }
  const restored = await restoreAchievementRevision(played.services, request, callOf())
  const count = (await revisionsOf('hidden')).length
  expect(await restoreAchievementRevision(played.services, request, callOf())).toEqual(restored)
  expect(await revisionsOf('hidden')).toHaveLength(count)
})

test('a restore creates a stat that was deleted since', async () => {
  const stat = { titleId, code: 'once' }
  const requirement = { ...requirementOf({ statCode: stat.code, target: 5n }), id: 'r' }
  const followed = await update('hidden', { requirements: [requirement] })
  await update('hidden', { requirements: [] })
  await deleteStat(played.services, { ...stat, etag: undefined, ...once }, callOf())
  expect((await restore('hidden', followed.etag)).requirements).toEqual([requirement])
  expect(await getStat(played.services, stat, callOf())).toMatchObject({
    minimum: undefined,
    maximum: undefined,
  })
})

test('a revision of another achievement, or of a deleted one of the same id, is not restored', async () => {
  const create = (id: string) =>
    createAchievement(played.services, { titleId, achievement: achievementOf({ id }), ...once }, callOf())
  const [first, other] = [await create('again'), await create('other')]
  const deletion = { titleId, achievementId: 'again', etag: undefined, force: true, ...once }
  await deleteAchievement(played.services, deletion, callOf())
  await create('again')
  for (const { etag } of [first, other])
    await expect(restore('again', etag)).rejects.toMatchObject({ reason: 'REVISION_NOT_FOUND' })
})

test.each(['1', 'x', '99999999999999999999'])('revision %s does not exist', async (revisionId) => {
  await expect(restore('hidden', revisionId)).rejects.toMatchObject({ reason: 'REVISION_NOT_FOUND' })
})

test('an import adds a revision where it changes the achievement', async () => {
  const entry = (text: string) =>
    textOf(
      entryOf(CODED, { achievement: { id: 'imported', name: { locale: 'en', text, translations: {} } } }),
    )
  for (const text of ['One', 'One', 'Two']) await importText(played.services, CODED, entry(text), { titleId })
  const revisions = await revisionsOf('imported')
  expect(revisions.map(({ achievement }) => achievement.name.text)).toEqual(['Two', 'One'])
})

test('the newest hundred are kept, until the achievement is deleted', async () => {
  const achievement = achievementOf({ id: 'busy' })
  const created = await createAchievement(played.services, { titleId, achievement, ...once }, callOf())
  for (let index = 0; index < MAX_REVISIONS; index += 1) await update('busy', { tags: [`${index}`] })
  const revisions = await revisionsOf('busy')
  expect(revisions).toHaveLength(MAX_REVISIONS)
  expect(revisions.at(-1)?.achievement.tags).toEqual(['0'])
  await expect(restore('busy', created.etag)).rejects.toMatchObject({ reason: 'REVISION_NOT_FOUND' })
  const request = { titleId, achievementId: 'busy', etag: undefined, force: false, ...once }
  await deleteAchievement(played.services, request, callOf())
  await expect(revisionsOf('busy')).rejects.toMatchObject({ reason: 'ACHIEVEMENT_NOT_FOUND' })
  const { rowCount } = await played.pool.query(
    `select from achievement_revisions where achievement_id = 'busy'`,
  )
  expect(rowCount).toBe(0)
})
