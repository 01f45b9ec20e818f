import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ConsolePage, inspect, openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'

const TITLE = 'space race'

let running: ConsoleServer
let opened: ConsolePage
beforeAll(async () => {
  running = await startConsoleServer()
  const { server, call } = running
  await call('TitleService/CreateTitle', { title: { titleId: TITLE, displayName: TITLE } })
  opened = await openPage(`${server.url}/console/titles/${encodeURIComponent(TITLE)}`)
})
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
  await running[Symbol.asyncDispose]()
})

const create = (achievementId: string, more: object = {}) =>
  running.call('AchievementService/CreateAchievement', {
    achievement: { titleId: TITLE, achievementId, name: { text: `The ${achievementId}` }, ...more },
  })
const list = async () => {
  const { achievements } = await running.call('AchievementService/ListAchievements', { titleId: TITLE })
  return achievements as { achievementId: string; tags?: string[]; lifecycle: string; listOrder: number }[]
}

test('an incremental achievement with two icons is created on one screen', async () => {
  const { page } = opened
  await page.getByText('This title has no achievements yet').waitFor()
  await page.getByRole('link', { name: 'New achievement' }).last().click()
  await page.getByLabel('Code', { exact: true }).fill('moon')
  page.once('dialog', (dialog) => void dialog.dismiss())
  await page.getByRole('link', { name: 'Titles' }).click()
  expect(await page.getByLabel('Code', { exact: true }).inputValue()).toBe('moon')
  await page.getByLabel('Name').fill('Luna 🌙')
  await page.getByLabel('Description').fill('Land 10 times')
  await page.getByLabel('Tags').fill('story, moon')
  await page.getByLabel('Incremental').check()
  await page.getByLabel('Goal value').fill('10')
  await page.getByLabel('Stat code').fill('landings')
  const buffer = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#57a' } })
    .png()
    .toBuffer()
  for (const label of ['Locked icon', 'Unlocked icon']) {
    await page
      .getByLabel(label, { exact: true })
      .setInputFiles({ name: 'icon.png', mimeType: 'image/png', buffer })
    await page.getByText('The file has 300 × 200').waitFor()
    await page.getByLabel('Zoom').fill('2')
    // A slider to drag, as wide as its column.
    expect((await page.getByLabel('Zoom').boundingBox())?.width).toBeGreaterThan(100)
    if (label === 'Locked icon') expect(await inspect(page, 'crop')).toEqual([])
    await page.getByRole('button', { name: 'Use this icon' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  expect(await inspect(page, 'new-achievement')).toEqual([])
  await page.getByRole('button', { name: 'Create' }).click()
  await page.waitForURL('**/achievements/moon')
  const { achievement } = await running.call('AchievementService/GetAchievement', {
    titleId: TITLE,
    achievementId: 'moon',
  })
  expect(achievement).toMatchObject({
    name: { text: 'Luna 🌙' },
    tags: ['story', 'moon'],
    requirements: [{ statCode: 'landings', target: { integer: '10' } }],
    media: [{ role: 'MEDIA_ROLE_LOCKED_ICON' }, { role: 'MEDIA_ROLE_UNLOCKED_ICON' }],
  })
})

test('a taken code is shown with the server’s sentence, and nothing typed is lost', async () => {
  const { page } = opened
  await page.goto(`${running.server.url}/console/titles/${encodeURIComponent(TITLE)}/new-achievement`)
  await page.getByLabel('Code', { exact: true }).fill('moon')
  await page.getByLabel('Name').fill('Again')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('alert').getByText('moon').waitFor()
  expect(await page.getByLabel('Name').inputValue()).toBe('Again')
})

test('the list shows states and languages, is filtered in the URL, and is ordered by the keyboard', async () => {
  const { page } = opened
  await create('mars', {
    name: { text: 'The mars', locale: 'en', translations: { de: 'Der Mars', ar: 'المريخ' } },
    description: { text: 'Land there', locale: 'en' },
    hidden: true,
    lifecycle: 'LIFECYCLE_DRAFT',
    rewards: [{ kind: 'REWARD_KIND_GAMERSCORE', value: '25' }],
  })
  await create('venus', { tags: ['hot'] })
  await page.goto(`${running.server.url}/console/titles/${encodeURIComponent(TITLE)}`)
  await page.getByText('3 achievements').waitFor()
  const row = page.getByRole('row').filter({ hasText: 'The mars' })
  for (const text of ['Draft', 'Hidden', '25', '1/3']) await row.getByText(text, { exact: true }).waitFor()
  await row.getByText('losses').first().waitFor({ state: 'attached' })
  expect(await inspect(page, 'achievements')).toEqual([])
  await page.getByLabel('Language of the names').selectOption('ar')
  await page.getByText('المريخ').waitFor()
  await page.getByLabel('Search achievements').fill('VENUS')
  await page.getByText('1 of 3 achievements').waitFor()
  await page.reload()
  await page.getByText('1 of 3 achievements').waitFor()
  await page.getByLabel('Search achievements').fill('')
  await page.getByRole('button', { name: 'Move venus' }).press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  await expect
    .poll(async () => (await list()).map((each) => each.achievementId))
    .toEqual(['venus', 'moon', 'mars'])
  await page.keyboard.press('ArrowDown')
  await expect
    .poll(async () => (await list()).map((each) => each.achievementId))
    .toEqual(['moon', 'venus', 'mars'])
  await page
    .getByRole('button', { name: 'Move moon' })
    .dragTo(page.getByRole('row').filter({ hasText: 'المريخ' }))
  await expect
    .poll(async () => (await list()).map((each) => each.achievementId))
    .toEqual(['venus', 'mars', 'moon'])
})

test('an icon on another server is read through this one', async () => {
  const { page } = opened
  const icon = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#a33' } })
    .png()
    .toBuffer()
  const elsewhere = createServer((_, response) => response.end(icon))
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/icon.png`
  await create('mercury', { media: [{ role: 'MEDIA_ROLE_ICON', url }] })
  await page.goto(`${running.server.url}/console/titles/${encodeURIComponent(TITLE)}`)
  const row = page.getByRole('row').filter({ hasText: 'mercury' })
  await row.locator('img[src^="blob:"]').waitFor()
  elsewhere.close()
  await running.call('AchievementService/DeleteAchievement', { titleId: TITLE, achievementId: 'mercury' })
})

test('chosen achievements are tagged, retired and, after a typed confirmation, deleted', async () => {
  const { page } = opened
  await page.goto(`${running.server.url}/console/titles/${encodeURIComponent(TITLE)}`)
  await page.getByLabel('Select venus').check()
  await page.getByLabel('Select mars').check()
  await page.getByLabel('Tag', { exact: true }).nth(1).fill('planet')
  await page.getByRole('button', { name: 'Add tag' }).click()
  await page.getByText('2 achievements changed').waitFor()
  await page.getByRole('button', { name: 'Retire' }).click()
  await expect
    .poll(async () => (await list()).map(({ tags, lifecycle }) => [tags?.at(-1), lifecycle]))
    .toEqual([
      ['planet', 'LIFECYCLE_RETIRED'],
      ['planet', 'LIFECYCLE_RETIRED'],
      ['moon', 'LIFECYCLE_LIVE'],
    ])
  await page.getByRole('button', { name: 'Delete' }).click()
  const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete' })
  expect(await confirm.isDisabled()).toBe(true)
  await page.getByLabel('Type DELETE to confirm').fill('DELETE')
  await confirm.click()
  await page.getByText('1 achievement', { exact: true }).waitFor()
  expect((await list()).map(({ achievementId }) => achievementId)).toEqual(['moon'])
})

test('an achievement with progress is kept by a deletion, unless its progress is chosen too', async () => {
  const { page } = opened
  await create('pluto')
  await running.call('ProgressService/UnlockAchievement', {
    titleId: TITLE,
    playerId: 'ann',
    achievementId: 'pluto',
  })
  await page.reload()
  await page.getByLabel('Select pluto').check()
  const deleteIt = async (force: boolean) => {
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByLabel('Type DELETE to confirm').fill('DELETE')
    if (force) await page.getByLabel('Delete players’ progress').check()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  }
  await deleteIt(false)
  await page.getByRole('alert').getByText('pluto').waitFor()
  await deleteIt(true)
  await page.getByText('1 achievement deleted').waitFor()
  expect((await list()).map(({ achievementId }) => achievementId)).toEqual(['moon'])
})

test('a long change of many shows its progress, and is cancelled', async () => {
  const { page } = opened
  for (let index = 0; index < 30; index += 1) await create(`star-${index}`)
  // Each call takes long enough to be seen.
  await page.route('**/UpdateAchievement', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    await route.continue()
  })
  await page.reload()
  await page.getByLabel('Search achievements').fill('star-')
  await page.getByLabel('Select all').check()
  await page.getByLabel('Tag', { exact: true }).nth(1).fill('sky')
  await page.getByRole('button', { name: 'Add tag' }).click()
  await page.getByRole('progressbar', { name: / of 30/ }).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText(/^\d+ achievements? changed$/).waitFor()
  await page.unroute('**/UpdateAchievement')
  const tagged = (await list()).filter(({ tags }) => tags?.includes('sky')).length
  expect(tagged).toBeGreaterThan(0)
  expect(tagged).toBeLessThan(30)
})
