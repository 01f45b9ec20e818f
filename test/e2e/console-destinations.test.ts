import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConsolePage, inspect, openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { ACCOUNTED } from '../support/documents.ts'
import { always, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { HOOK_SECRET } from '../support/relay.ts'

const TITLE = 'harbor-lights'

let console: ConsoleServer
let platform: FakePlatform
let opened: ConsolePage

beforeAll(async () => {
  console = await startConsoleServer({ LAUREL_CREDENTIAL_HOOK: HOOK_SECRET })
  platform = await startFakePlatform()
  await console.call('TitleService/CreateTitle', { title: { titleId: TITLE } })
  for (const achievementId of ['lamp', 'foghorn']) {
    const achievement = { titleId: TITLE, achievementId, name: { text: achievementId } }
    await console.call('AchievementService/CreateAchievement', { achievement })
  }
  opened = await openPage(`${console.server.url}/console/titles/${TITLE}/destinations`)
})
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
  await console[Symbol.asyncDispose]()
  await platform.close()
})

const unlock = (playerId: string, achievementId = 'lamp') =>
  console.call('ProgressService/UnlockAchievement', { titleId: TITLE, playerId, achievementId })

describe('a destination', () => {
  test('is created with a reference to its secret, and the server names the field at fault', async () => {
    const { page } = opened
    await page.getByText('The title has no destinations').waitFor()
    expect(await inspect(page, 'destinations-empty')).toEqual([])
    await page.getByRole('button', { name: 'New destination' }).click()
    await page.getByLabel('Platform').selectOption('webhook')
    await page.getByLabel('Id', { exact: true }).fill('hook')
    await page.getByLabel('URL').fill('http://192.168.7.7/events')
    await page.getByLabel('Credential').fill('env:LAUREL_CREDENTIAL_HOOK')
    await page.getByText('Events and limits').click()
    await page.getByLabel('Requests a second').fill('1000')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('alert').getByText('destination.url', { exact: true }).waitFor()
    expect(await inspect(page, 'destinations-create')).toEqual([])
    await page.getByLabel('URL').fill(`${platform.url}/events`)
    await page.getByRole('button', { name: 'Create' }).click()
    await page.waitForURL('**/destinations/hook')
    await page.getByText('Events are sent as they come.').waitFor()
  })

  test('is tested, with the request and the response', async () => {
    const { page } = opened
    await page.getByRole('button', { name: 'Test' }).click()
    await page.getByRole('dialog').getByText('Accepted').waitFor()
    await page.getByText('laurel.test').waitFor()
    expect(await inspect(page, 'destination-test')).toEqual([])
    await page.getByRole('button', { name: 'Close' }).click()
  })

  test('keeps events while it is paused, and sends them once it is resumed', async () => {
    const { page } = opened
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('nothing is sent until it is resumed').waitFor()
    await unlock('ann')
    await page.getByText('the oldest came').waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('Events are sent as they come.').waitFor()
    await expect.poll(() => platform.applied.size).toBe(2)
  })

  test('is not called active while it is called in vain, and is tried again at once', async () => {
    const { page } = opened
    platform.behave = always(respond(503, { body: 'we are closed' }))
    await unlock('dora')
    // Without a reload: the health and the list go on by themselves.
    await page
      .getByRole('row')
      .filter({ hasText: 'dora' })
      .getByRole('button', { name: 'Retrying' })
      .waitFor()
    await page.getByText('The last attempt failed').waitFor()
    expect(await inspect(page, 'destination-failing')).toEqual([])
    await page.getByRole('row').filter({ hasText: 'dora' }).getByRole('button', { name: 'Retrying' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('we are closed').waitFor()
    platform.behave = always(respond(200))
    await dialog.getByRole('button', { name: 'Retry now' }).click()
    await dialog.getByText('Delivered').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await page.getByText('Events are sent as they come.').waitFor()
  })

  test('of a platform at which the title has no ids is not tried: the form leads to the settings', async () => {
    const { page } = opened
    await page.goto(`${console.server.url}/console/titles/${TITLE}/destinations`)
    await page.getByRole('button', { name: 'New destination' }).click()
    await page.getByLabel('Platform').selectOption(ACCOUNTED)
    await page.getByText('The title has no ids at').waitFor()
    expect(await inspect(page, 'destination-unbound')).toEqual([])
    await page.getByRole('dialog').getByRole('link', { name: 'settings' }).click()
    await page.getByText('Ids at platforms').waitFor()
  })

  test('shows its dead letters, and sends the selected ones and those of a player again', async () => {
    const { page } = opened
    platform.behave = always(respond(410, { body: 'the receiver has moved' }))
    for (const playerId of ['ben', 'cleo', 'لاعب']) await unlock(playerId)
    await unlock('ben', 'foghorn')
    await expect.poll(() => failedCount()).toBe(4)
    await page.goto(`${console.server.url}/console/titles/${TITLE}/destinations`)
    await page.getByRole('link', { name: 'hook' }).waitFor()
    expect(await inspect(page, 'destinations')).toEqual([])
    await page.getByRole('link', { name: '4', exact: true }).click()
    await page.getByRole('button', { name: 'Failed' }).nth(3).waitFor()
    expect(await inspect(page, 'destination')).toEqual([])
    await page.getByRole('button', { name: 'Failed' }).first().click()
    await page.getByText('the receiver has moved').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    platform.behave = always(respond(200))
    await page.getByRole('row').filter({ hasText: 'cleo' }).getByRole('checkbox').check()
    // A list that is loaded again keeps the selection.
    const listed = page.waitForResponse('**/ListDeliveries')
    await page.getByRole('button', { name: 'Refresh' }).click()
    await (await listed).finished()
    await page.getByRole('button', { name: 'Replay 1 selected' }).click()
    await page.getByText('1 delivery sent again.').waitFor()
    await page.getByRole('button', { name: 'Replay by filter' }).click()
    await page.getByLabel('Of the player').fill('ben')
    expect(await inspect(page, 'destination-replay')).toEqual([])
    await page.getByRole('button', { name: 'Replay', exact: true }).click()
    await page.getByText('2 deliveries sent again.').waitFor()
    await expect.poll(() => failedCount()).toBe(1)
  })

  test('is not overwritten by a form that was opened before another person’s change', async () => {
    const { page } = opened
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Name').fill('Mine')
    const key = { titleId: TITLE, destinationId: 'hook' }
    const destination = { ...key, displayName: 'Theirs', limits: { maxAttempts: 3 } }
    const updateMask = 'displayName,limits'
    await console.call('DestinationService/UpdateDestination', { destination, updateMask })
    // Behind the form, the page has read the new version.
    await page.locator('h1').filter({ hasText: 'Theirs' }).waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('alert').getByText('changed').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('3 attempts').waitFor()
  })

  test('is edited, and deleted after its id is typed', async () => {
    const { page } = opened
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Name').fill('Our receiver')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Our receiver' }).waitFor()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByLabel('Type hook').fill('hook')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('The title has no destinations').waitFor()
  })
})

async function failedCount(): Promise<number> {
  const key = { titleId: TITLE, destinationId: 'hook' }
  const { counts = [] } = await console.call('DestinationService/GetDestinationHealth', key)
  const all = counts as readonly { readonly state: string; readonly count: number }[]
  return all.find(({ state }) => state === 'DELIVERY_STATE_DEAD')?.count ?? 0
}
