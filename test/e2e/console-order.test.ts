import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'

/** More than a screen shows. */
const COUNT = 120

let running: ConsoleServer
let titleId = ''
beforeAll(async () => {
  running = await startConsoleServer()
})
afterAll(() => running[Symbol.asyncDispose]())
beforeEach(async () => {
  titleId = `game-${crypto.randomUUID()}`
  await running.call('TitleService/CreateTitle', { title: { titleId } })
  const create = (index: number) =>
    running.call('AchievementService/CreateAchievement', {
      achievement: { titleId, achievementId: `star-${index}`, name: { text: `Star ${index}` } },
    })
  for (let index = 1; index <= COUNT; index += 1) await create(index)
})

const openList = async () => {
  const opened = await openPage(`${running.server.url}/console/titles/${titleId}`)
  await opened.page.getByText(`${COUNT} achievements`).waitFor()
  return opened
}
const move = (achievementId: string, listOrder: number) =>
  running.call('AchievementService/ReorderAchievement', { titleId, achievementId, listOrder })
/** Returns the stored order. */
const stored = async () => {
  const request = { titleId, pageSize: 1_000 }
  const { achievements } = await running.call('AchievementService/ListAchievements', request)
  return (achievements as { achievementId: string }[]).map(({ achievementId }) => achievementId)
}
/** Returns the order of the rows in the page, which are the first ones unless it is scrolled. */
const shown = (page: Page) => page.locator('.achievements tbody .code code').allTextContents()
const handleOf = (page: Page, index: number) => page.getByRole('button', { name: `Move star-${index}:` })
const rowOf = (page: Page, index: number) =>
  page.getByRole('row').filter({ has: page.getByText(`star-${index}`, { exact: true }) })

/** Presses the mouse on an element, and moves it to another one, which `meanwhile` may bring onto the screen. */
async function drag(page: Page, from: Locator, to: Locator, meanwhile = async () => {}): Promise<void> {
  const centerOf = async (element: Locator) => {
    const { x = 0, y = 0, width = 0, height = 0 } = (await element.boundingBox()) ?? {}
    return [x + width / 2, y + height / 2] as const
  }
  const [x, y] = await centerOf(from)
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x + 5, y + 30, { steps: 4 })
  await meanwhile()
  await page.mouse.move(...(await centerOf(to)), { steps: 8 })
  await page.mouse.up()
}

test('a row is dragged down and up with the mouse, and the new version of it can be changed at once', async () => {
  await using opened = await openList()
  const { page } = opened
  await drag(page, handleOf(page, 2), rowOf(page, 5))
  await expect
    .poll(async () => (await stored()).slice(0, 5).join())
    .toBe('star-1,star-3,star-4,star-5,star-2')
  expect((await shown(page)).slice(0, 5)).toEqual((await stored()).slice(0, 5))
  await drag(page, handleOf(page, 2), rowOf(page, 1))
  await expect.poll(async () => (await stored()).slice(0, 3).join()).toBe('star-2,star-1,star-3')
  await page.getByLabel('Select star-2', { exact: true }).check()
  await page.getByLabel('Tag', { exact: true }).nth(1).fill('moved')
  await page.getByRole('button', { name: 'Add tag' }).click()
  await page.getByText('1 achievement changed').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
})

test('a row is dragged to a row that is not in the page yet, and a drag that is given up moves nothing', async () => {
  await using opened = await openList()
  const { page } = opened
  const frame = page.getByRole('region', { name: 'Achievements' })
  const scroll = (top: number) => frame.evaluate((element, to) => Reflect.set(element, 'scrollTop', to), top)
  expect(await rowOf(page, 100).count()).toBe(0)
  await drag(page, handleOf(page, 3), rowOf(page, 100), async () => {
    await scroll(96 * 48)
    await rowOf(page, 100).waitFor()
  })
  await expect.poll(async () => (await stored()).indexOf('star-3')).toBe(99)
  expect((await shown(page)).slice(-3)).toEqual((await stored()).slice(-3))
  expect(await page.locator('.dragged').count()).toBe(0)
  const before = await stored()
  await drag(page, handleOf(page, 110), page.getByRole('heading', { name: 'Achievements' }), async () => {
    await scroll(0)
    await rowOf(page, 1).waitFor()
  })
  await scroll(COUNT * 48)
  await rowOf(page, 110).waitFor()
  expect(await page.locator('.dragged').count()).toBe(0)
  expect(await stored()).toEqual(before)
})

test('a list that another person has ordered meanwhile shows the stored order after a move', async () => {
  await using opened = await openList()
  const { page } = opened
  await move('star-9', 2)
  await drag(page, handleOf(page, 4), rowOf(page, 1))
  await page.getByText('Another person has changed the order meanwhile').waitFor()
  await expect.poll(async () => (await shown(page)).slice(0, 10)).toEqual((await stored()).slice(0, 10))
  expect((await stored())[0]).toBe('star-4')
})

test('a row that another person has deleted meanwhile goes, with the reason', async () => {
  await using opened = await openList()
  const { page } = opened
  await running.call('AchievementService/DeleteAchievement', { titleId, achievementId: 'star-4' })
  await drag(page, handleOf(page, 4), rowOf(page, 1))
  await page.getByRole('alert').getByText('achievement star-4 does not exist').waitFor()
  await rowOf(page, 4).waitFor({ state: 'detached' })
  expect((await shown(page)).slice(0, 10)).toEqual((await stored()).slice(0, 10))
})

test('a chosen achievement that another person has changed meanwhile is left alone, and is changed when it is repeated', async () => {
  await using opened = await openList()
  const { page } = opened
  for (const index of [1, 2]) await page.getByLabel(`Select star-${index}`, { exact: true }).check()
  const theirs = { titleId, achievementId: 'star-2', tags: ['theirs'] }
  await running.call('AchievementService/UpdateAchievement', { achievement: theirs, updateMask: 'tags' })
  await page.getByLabel('Tag', { exact: true }).nth(1).fill('mine')
  await page.getByRole('button', { name: 'Add tag' }).click()
  await page.getByRole('alert').getByText('star-2: it has changed since it was read').waitFor()
  await rowOf(page, 2).getByText('theirs').waitFor()
  await page.getByRole('button', { name: 'Add tag' }).click()
  await page.getByText('2 achievements changed').waitFor()
  await rowOf(page, 2).getByText('theirs, mine').waitFor()
})

test('several moves in a row end in the order that the page shows', async () => {
  await using opened = await openList()
  const { page } = opened
  await handleOf(page, 6).press('ArrowUp')
  for (let count = 0; count < 3; count += 1) await page.keyboard.press('ArrowUp')
  await handleOf(page, 1).press('ArrowDown')
  await expect.poll(async () => (await stored()).slice(0, 6)).toEqual((await shown(page)).slice(0, 6))
  expect((await stored()).slice(0, 3)).toEqual(['star-6', 'star-1', 'star-2'])
})
