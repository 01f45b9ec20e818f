import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { accountsOf } from '../support/bound-title.ts'
import { openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { ACCOUNTED } from '../support/documents.ts'
import { HOOK_SECRET } from '../support/relay.ts'
import { lastingAddresses, startServer } from '../support/server.ts'

/* Events while a page is open: other people's changes, an expired credential, a server that starts again. */

let running: ConsoleServer
let titleId = ''
let playerId = ''
beforeAll(async () => {
  running = await startConsoleServer({ LAUREL_CREDENTIAL_HOOK: HOOK_SECRET })
})
afterAll(() => running[Symbol.asyncDispose]())
beforeEach(async () => {
  const { call } = running
  titleId = `game-${crypto.randomUUID()}`
  playerId = `mira-${crypto.randomUUID()}`
  await call('TitleService/CreateTitle', { title: { titleId, displayName: 'Harbor Lights' } })
  for (const achievementId of ['lamp', 'foghorn'])
    await call('AchievementService/CreateAchievement', {
      achievement: { titleId, achievementId, name: { text: achievementId } },
    })
  await call('PlayerService/CreatePlayer', { player: { playerId } })
  const destination = { titleId, destinationId: 'hook', dialect: 'webhook', url: running.server.url }
  await call('DestinationService/CreateDestination', {
    destination: { ...destination, credential: 'env:LAUREL_CREDENTIAL_HOOK' },
  })
  await call('DestinationService/PauseDestination', { titleId, destinationId: 'hook' })
})

const openInTitle = (...path: readonly string[]) =>
  openPage([`${running.server.url}/console/titles`, titleId, ...path].join('/'))

describe('a title that is deleted while a page of it is open', () => {
  const remove = () => running.call('TitleService/DeleteTitle', { titleId, force: true })

  test.each<readonly [page: string, path: string, act: (page: Page) => Promise<unknown>]>([
    [
      'the list',
      '',
      async (page) => {
        await page.getByLabel('Select lamp').check()
        await page.getByRole('button', { name: 'Retire' }).click()
      },
    ],
    [
      'the settings',
      'settings',
      async (page) => {
        await page.getByLabel('Name', { exact: true }).fill('Mine')
        await page.getByRole('button', { name: 'Save' }).click()
      },
    ],
    [
      'an achievement',
      'achievements/lamp',
      async (page) => {
        await page.getByLabel('Hidden until it is unlocked').check()
        await page.getByRole('button', { name: 'Save…' }).click()
        await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
      },
    ],
    ['the destinations', 'destinations', (page) => page.getByRole('link', { name: 'hook' }).click()],
    ['the live page', 'live', async () => {}],
    [
      'a new achievement',
      'new-achievement',
      async (page) => {
        await page.getByLabel('Code', { exact: true }).fill('bell')
        await page.getByLabel('Name').fill('Bell')
        await page.getByRole('button', { name: 'Create' }).click()
      },
    ],
    [
      'an export',
      'exchange?view=export',
      async (page) => {
        await page.getByLabel('Platform').selectOption({ index: 1 })
        await page.getByRole('button', { name: 'Show the losses' }).click()
      },
    ],
  ])('is named as the reason by %s', async (_, path, act) => {
    await using opened = await openInTitle(path)
    const { page } = opened
    await page.locator('main').locator('table, form, .achievement, .live-grid').first().waitFor()
    await remove()
    await act(page)
    await page.getByRole('alert').getByText('does not exist').first().waitFor()
  })
})

test('a destination that is deleted while its page is open is named as the reason', async () => {
  await using opened = await openInTitle('destinations', 'hook')
  const { page } = opened
  await page.getByText('nothing is sent until it is resumed').waitFor()
  await running.call('DestinationService/DeleteDestination', { titleId, destinationId: 'hook' })
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('alert').getByText('destination hook does not exist').first().waitFor()
})

test('of two people who delete a player, the second one reads that it is gone', async () => {
  await using first = await openPage(`${running.server.url}/console/players/${playerId}`)
  await using second = await openPage(`${running.server.url}/console/players/${playerId}`)
  for (const { page } of [first, second]) {
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByLabel('Reason').fill('request 12')
    await page.getByLabel(`Type ${playerId}`).fill(playerId)
  }
  const confirm = ({ page }: typeof first) =>
    page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await confirm(first)
  await first.page.waitForURL('**/console/players')
  await confirm(second)
  await second.page
    .getByRole('alert')
    .getByText(/deleted|does not exist/)
    .waitFor()
})

test('an achievement that two people grant is unlocked once, and both see it', async () => {
  const path = ['players', playerId] as const
  await using first = await openInTitle(...path)
  await using second = await openInTitle(...path)
  for (const { page } of [first, second]) {
    await page.getByRole('button', { name: 'Grant lamp' }).click()
    await page.getByLabel('Reason').fill('lost')
  }
  const grant = ({ page }: typeof first) =>
    page.getByRole('dialog').getByRole('button', { name: 'Grant' }).click()
  await Promise.all([grant(first), grant(second)])
  for (const { page } of [first, second])
    await page.getByRole('row').filter({ hasText: 'lamp' }).getByText('Unlocked').waitFor()
  const request = { titleId, playerId, kinds: ['EVENT_KIND_UNLOCKED'] }
  expect((await running.call('EventService/ListEvents', request))['events']).toHaveLength(1)
})

test('the live page goes on without a gap when the server starts again', async () => {
  const { databaseUrl } = running
  const env = await lastingAddresses()
  const before = await startServer({ databaseUrl, env })
  await using opened = await openPage(`${before.url}/console/titles/${titleId}/live`)
  const { page } = opened
  await page.getByText('Connected').waitFor()
  const unlock = (achievementId: string) =>
    running.call('ProgressService/UnlockAchievement', { titleId, playerId, achievementId })
  await unlock('lamp')
  const rows = page.locator('.feed tbody tr')
  await rows.filter({ hasText: 'lamp' }).waitFor()
  await before[Symbol.asyncDispose]()
  await page.getByText('Connecting').waitFor()
  await unlock('foghorn')
  await using _ = await startServer({ databaseUrl, env })
  await rows.filter({ hasText: 'foghorn' }).waitFor()
  await page.getByText('Connected').waitFor()
  expect(await rows.filter({ hasText: 'lamp' }).count()).toBe(1)
  await page.getByText('2 unlocks in the last hour').waitFor()
})

test('the health of a destination is shown again once the server has started again', async () => {
  const { databaseUrl } = running
  const env = await lastingAddresses()
  const before = await startServer({ databaseUrl, env })
  await using opened = await openPage(`${before.url}/console/titles/${titleId}/destinations/hook`)
  const { page } = opened
  await page.getByText('nothing is sent until it is resumed').waitFor()
  await before[Symbol.asyncDispose]()
  const failure = page.getByRole('alert').getByText('the server cannot be reached')
  await failure.waitFor()
  await using _ = await startServer({ databaseUrl, env })
  await running.call('DestinationService/ResumeDestination', { titleId, destinationId: 'hook' })
  await page.getByText('Events are sent as they come.').waitFor()
  await failure.waitFor({ state: 'detached' })
})

describe('a credential that expires while a dialog is open', () => {
  test.each<
    readonly [
      dialog: string,
      path: string,
      rpc: string,
      open: (page: Page) => Promise<unknown>,
      action: string,
    ]
  >([
    [
      'a new title',
      '',
      'CreateTitle',
      async (page) => {
        await page.getByRole('button', { name: 'New title' }).click()
        await page.getByLabel('Id').fill(`${titleId}-2`)
      },
      'Create',
    ],
    [
      'a new player',
      'players',
      'CreatePlayer',
      async (page) => {
        await page.getByRole('button', { name: 'New player' }).click()
        await page.getByLabel('Id', { exact: true }).fill(`${playerId}-2`)
      },
      'Create',
    ],
    [
      'an account',
      'players/PLAYER',
      'LinkAccount',
      async (page) => {
        await page.getByRole('button', { name: 'Link an account' }).click()
        await page.getByLabel('Platform').selectOption(ACCOUNTED)
        await page.getByLabel('Account', { exact: true }).fill(accountsOf(3)[ACCOUNTED] ?? '')
        await page.getByLabel('Reason').fill('ticket 7')
      },
      'Link',
    ],
    [
      'a grant',
      'titles/TITLE/players/PLAYER',
      'GrantAchievement',
      async (page) => {
        await page.getByRole('button', { name: 'Grant lamp' }).click()
        await page.getByLabel('Reason').fill('lost')
      },
      'Grant',
    ],
    [
      'a deletion of achievements',
      'titles/TITLE',
      'DeleteAchievement',
      async (page) => {
        await page.getByLabel('Select lamp').check()
        await page.getByRole('button', { name: 'Delete' }).click()
        await page.getByLabel('Type DELETE').fill('DELETE')
      },
      'Delete',
    ],
    [
      'a replay',
      'titles/TITLE/destinations/hook',
      'ReplayDeliveries',
      (page) => page.getByRole('button', { name: 'Replay by filter' }).click(),
      'Replay',
    ],
  ])('is asked for above %s, and the change is made once', async (_, path, rpc, open, action) => {
    const auth = await createAuth([titleId])
    await using checked = await startServer({ databaseUrl: running.databaseUrl, env: auth.env })
    const url = `${checked.url}/console/${path.replace('TITLE', titleId).replace('PLAYER', playerId)}`
    await using opened = await openPage(url)
    const { page } = opened
    const signIn = async () => {
      await page.getByLabel('Key or token').fill(auth.operator)
      await page.getByRole('button', { name: 'Sign in' }).click()
    }
    await signIn()
    await open(page)
    const statuses: number[] = []
    await page.route(`**/${rpc}`, async (route) => {
      const { authorization, ...headers } = route.request().headers()
      const isExpired = statuses.length === 0
      const response = await route.fetch({
        headers: isExpired ? headers : { ...headers, authorization: `${authorization}` },
      })
      statuses.push(response.status())
      await route.fulfill({ response })
    })
    await page.getByRole('dialog').getByRole('button', { name: action, exact: true }).click()
    await signIn()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(() => statuses).toEqual([401, 200])
    expect(await page.getByRole('alert').count()).toBe(0)
  })
})
