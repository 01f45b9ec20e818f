import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Achievement } from '../../../src/model/achievement.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { updateAchievement } from '../../../src/service/achievements/update-achievement.ts'
import { purgeImages, putImage } from '../../../src/service/images/images.ts'
import { planPromotion } from '../../../src/service/plans/plan-promotion.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { entriesOf } from '../../support/audit.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const RETENTION = 1_000n
const once = { requestId: undefined }
let now = 1_000_000n
let services: TestServices
beforeAll(async () => {
  services = await createTestServices({ now: () => now })
  for (const id of ['pictures', 'copy']) {
    const title = { id, displayName: id, defaultLocale: 'en', bindings: {}, extensions: {} }
    await createTitle(services, { title, ...once }, callOf())
  }
})
afterAll(() => services[Symbol.asyncDispose]())

async function upload(side: number, titleId = 'pictures') {
  const create = { width: side, height: side, channels: 3, background: '#0a0' } as const
  const bytes = await sharp({ create }).png().toBuffer()
  return (await putImage(services, { titleId, bytes, format: undefined }, callOf())).hash
}

const media = (url: string): Achievement['media'] => [{ role: 'icon', name: 'icon', url }]

async function purge(): Promise<void> {
  now += RETENTION + 1n
  await purgeImages(services, now - RETENTION, NEVER_ABORTED)
}

async function stored(): Promise<readonly unknown[]> {
  return (await onDatabase(services.databaseUrl, 'select hash from images')).map(({ hash }) => hash)
}

test('keeps images that a definition, a revision or a plan names, and deletes the others', async () => {
  const [current, former, planned, reward, unused] = [
    await upload(1),
    await upload(2),
    await upload(3),
    await upload(4),
    await upload(5),
  ]
  const create = (titleId: string, id: string, parts: Partial<Achievement>) =>
    createAchievement(services, { titleId, achievement: achievementOf({ id, ...parts }), ...once }, callOf())
  await create('pictures', 'a', { media: media(`https://laurel.example/images/${former}.png`) })
  const patch = { media: media(`/images/${current}.png`) }
  await updateAchievement(
    services,
    { titleId: 'pictures', achievementId: 'a', etag: undefined, patch, ...once },
    callOf(),
  )
  const art = {
    kind: 'art',
    value: `/images/${reward}.png`,
    name: undefined,
    description: undefined,
    media: undefined,
  } as const
  await create('pictures', 'b', { rewards: [art] })
  await create('copy', 'c', { media: media(planned) })
  await planPromotion(services, { titleId: 'pictures', sourceTitleId: 'copy', strategy: 'replace' }, callOf())
  await onDatabase(services.databaseUrl, "delete from achievements where title_id = 'copy'")
  await onDatabase(services.databaseUrl, "delete from achievement_revisions where title_id = 'copy'")
  for (let pass = 0; pass < 2; pass += 1) {
    await purge()
    expect((await stored()).toSorted()).toEqual([current, former, planned, reward].toSorted())
  }
  expect(await stored()).not.toContain(unused)
})

test('keeps an image for the retention time after its last upload', async () => {
  const hash = await upload(6)
  now += RETENTION - 10n
  expect(await upload(6)).toBe(hash)
  now += 20n
  await purgeImages(services, now - RETENTION, NEVER_ABORTED)
  expect(await stored()).toContain(hash)
  await purge()
  expect(await stored()).not.toContain(hash)
})

test('an upload has an audit entry, and a repeated one none', async () => {
  const hash = await upload(7)
  await upload(7, 'copy')
  const entries = await entriesOf(services, { resourceType: 'image', resourceId: hash })
  expect(entries).toMatchObject([
    { titleId: 'pictures', actor: 'tester', before: undefined, after: undefined },
  ])
})
