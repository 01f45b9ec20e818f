import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspect, openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'

const TITLE = 'harbor-lights'

let console: ConsoleServer

beforeAll(async () => {
  console = await startConsoleServer()
  const { call } = console
  await call('TitleService/CreateTitle', { title: { titleId: TITLE } })
  const following = (goal: number, more: object = {}) => ({
    titleId: TITLE,
    achievementId: `lamps-${goal}`,
    name: { text: `${goal} lamps` },
    requirements: [{ requirementId: 'r', statCode: 'lamps', target: { integer: String(goal) } }],
    ...more,
  })
  const shared = { participation: 'PARTICIPATION_COMMUNITY', achievementId: 'together' }
  for (const achievement of [
    { titleId: TITLE, achievementId: 'rare', name: { text: 'Rare' } },
    following(1),
    following(10),
    following(100),
    following(500, { ...shared, name: { text: 'Together' } }),
  ])
    await call('AchievementService/CreateAchievement', { achievement })
  for (const [playerId, value] of Object.entries({ ann: 120, ben: 15, cleo: 3 })) await light(playerId, value)
})
afterAll(() => console[Symbol.asyncDispose]())

const light = (playerId: string, value: number) =>
  console.call('ProgressService/RecordStats', {
    titleId: TITLE,
    playerId,
    updates: [{ statCode: 'lamps', operation: 'STAT_OPERATION_INCREMENT', value }],
  })

describe('the live page', () => {
  test('shows events as they are stored, unlocks a minute, the rarest unlock and a funnel', async () => {
    await using opened = await openPage(`${console.server.url}/console/titles/${TITLE}/live`)
    const { page } = opened
    await page.getByText('Connected').waitFor()
    await page.getByText('Nothing has happened since').waitFor()
    await page.getByText('6 unlocks in the last hour').waitFor()
    await console.call('ProgressService/UnlockAchievement', {
      titleId: TITLE,
      playerId: 'dora',
      achievementId: 'rare',
    })
    await page.getByRole('row').filter({ hasText: 'dora' }).getByText('Unlocked').waitFor()
    await page.getByText('7 unlocks in the last hour').waitFor()
    await page.locator('.rarest').getByText('Rare').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await light('eve', 1)
    await page.getByText('8 unlocks in the last hour').waitFor()
    expect(await page.locator('.feed').getByRole('link', { name: 'eve' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.locator('.feed').getByRole('link', { name: 'eve' }).first().waitFor()
    await page.locator('.unlock-chart canvas').waitFor()
    expect(await inspect(page, 'live')).toEqual([])
  })

  test('says why it cannot follow a title', async () => {
    await using opened = await openPage(`${console.server.url}/console/titles/none/live`)
    await opened.page.getByRole('alert').getByText('title none does not exist').waitFor()
  })
})

describe('the community goals', () => {
  test('have their progress, contributors and claims, and are reset with a reason', async () => {
    await using opened = await openPage(`${console.server.url}/console/titles/${TITLE}/community`)
    const { page } = opened
    await page.getByText('139 / 500').waitFor()
    await light('ann', 400)
    await page.getByText('539 / 500').waitFor()
    await console.call('CommunityService/ClaimReward', {
      titleId: TITLE,
      playerId: 'ann',
      achievementId: 'together',
    })
    expect(await inspect(page, 'community')).toEqual([])
    await page.getByRole('link', { name: 'Together' }).click()
    await page.getByRole('row').filter({ hasText: 'ann' }).getByText('520').waitFor()
    expect(await inspect(page, 'community-goal')).toEqual([])
    await page.getByRole('button', { name: 'Reset' }).click()
    await page.getByLabel('Reason').fill('a new season')
    await page.getByLabel('Type RESET').fill('RESET')
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click()
    await page.getByText('No player has contributed yet').waitFor()
  })
})
