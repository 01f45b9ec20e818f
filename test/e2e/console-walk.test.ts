import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { createAuth } from '../support/auth.ts'
import { accountsOf, BINDINGS, idsOf } from '../support/bound-title.ts'
import { inspect, openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { ACCOUNTED, CODED, entryOf } from '../support/documents.ts'
import { always, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const TITLE = 'harbor-lights'
const NAMES = ['Shoreline', 'First Lamp', 'أضواء الميناء']

let running: ConsoleServer
let platform: FakePlatform
let auth: Awaited<ReturnType<typeof createAuth>>
/** The server of the people, who sign in. The other one delivers. */
let checked: RunningServer
beforeAll(async () => {
  running = await startConsoleServer()
  platform = await startFakePlatform({
    behave: always(respond(400, { body: JSON.stringify({ message: 'the achievement is not published' }) })),
  })
  auth = await createAuth([TITLE])
  const env = { ...auth.env, LAUREL_RELAY: 'off' }
  checked = await startServer({ databaseUrl: running.databaseUrl, env })
  const { call } = running
  const bindings = Object.fromEntries(Object.entries(BINDINGS).map(([dialect, ids]) => [dialect, { ids }]))
  await call('TitleService/CreateTitle', {
    title: { titleId: TITLE, displayName: 'Harbor Lights', bindings },
  })
  for (const [index, text] of NAMES.entries()) {
    const achievement = { titleId: TITLE, achievementId: `goal-${index + 1}`, ids: idsOf(index) }
    await call('AchievementService/CreateAchievement', {
      achievement: { ...achievement, name: { locale: 'en', text } },
    })
  }
  const accounts = Object.entries(accountsOf(0)).map(([dialect, accountId]) => ({ dialect, accountId }))
  await call('PlayerService/CreatePlayer', { player: { playerId: 'mira', displayName: 'Mira', accounts } })
  await call('DestinationService/CreateDestination', {
    destination: { titleId: TITLE, destinationId: 'platform', dialect: ACCOUNTED, url: platform.url },
  })
  const unlock = { titleId: TITLE, playerId: 'mira', achievementId: 'goal-1' }
  await call('ProgressService/UnlockAchievement', unlock)
})
afterAll(async () => {
  await checked[Symbol.asyncDispose]()
  await running[Symbol.asyncDispose]()
  await platform.close()
})

test('a new user does the work of a title with nothing but what the pages show', async () => {
  await using opened = await openPage(`${checked.url}/`, { viewport: { width: 1440, height: 900 } })
  const { page } = opened
  await page.getByLabel('Key or token').fill(auth.operator)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: TITLE }).click()
  await page.getByRole('link', { name: 'Shoreline' }).waitFor()
  expect(await inspect(page, 'walk-list')).toEqual([])
  await createAchievement(page)
  await translateIt(page)
  await importDocument(page)
  await replayDelivery(page)
})

/** An incremental achievement with two icons. */
async function createAchievement(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'New achievement' }).click()
  await page.getByLabel('Code', { exact: true }).fill('night-watch')
  await page.getByLabel('Name', { exact: true }).fill('Night Watch')
  await page.getByLabel('Description', { exact: true }).fill('Light the harbor for forty nights')
  await page.getByLabel('Incremental').check()
  await page.getByLabel('Goal value').fill('40')
  await page.getByLabel('Stat code').fill('nights')
  for (const [label, background] of [
    ['Locked icon', '#555a66'],
    ['Unlocked icon', '#c98f1b'],
  ] as const) {
    const buffer = await sharp({ create: { width: 640, height: 480, channels: 3, background } })
      .png()
      .toBuffer()
    await page
      .getByLabel(label, { exact: true })
      .setInputFiles({ name: 'icon.png', mimeType: 'image/png', buffer })
    await page.getByRole('button', { name: 'Use this icon' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  expect(await inspect(page, 'walk-create')).toEqual([])
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name: 'Night Watch' }).waitFor()
}

/** Three languages, with every platform's card and losses beside them. */
async function translateIt(page: Page): Promise<void> {
  for (const [locale, name, description] of [
    ['de', 'Nachtwache', 'Beleuchte den Hafen vierzig Nächte lang'],
    ['ja', '夜警', '四十夜、港を照らす'],
  ] as const) {
    await page.getByLabel('Language to add').fill(locale)
    await page.getByRole('button', { name: 'Add language' }).click()
    const texts = page.getByRole('group', { name: new RegExp(`^${locale} `) })
    await texts.getByLabel('Name', { exact: true }).fill(name)
    await texts.getByLabel('Description', { exact: true }).fill(description)
  }
  await page.getByLabel('Language of the previews').selectOption('de')
  for (const { displayName } of adapters) {
    const panel = page.getByRole('region', { name: displayName, exact: true })
    await panel.getByText('Nachtwache').first().waitFor()
    await panel.getByText(/^(\d+ loss(es)?|nothing is lost)$/).waitFor()
  }
  expect(await inspect(page, 'walk-languages')).toEqual([])
  await page.getByRole('button', { name: 'Save…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Nachtwache').waitFor()
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

/** A document that has another name for an achievement, by Replace after its plan. */
async function importDocument(page: Page): Promise<void> {
  const entry = entryOf(CODED, {
    number: 2,
    binding: BINDINGS[CODED] ?? {},
    achievement: { id: 'goal-2', name: { locale: 'en', text: 'The Very First Lamp', translations: {} } },
  })
  await page
    .getByRole('navigation', { name: 'Title' })
    .getByRole('link', { name: 'Import and export' })
    .click()
  const file = { name: 'definitions.json', mimeType: 'application/json' }
  await page
    .getByLabel('Document', { exact: true })
    .setInputFiles({ ...file, buffer: Buffer.from(JSON.stringify([entry])) })
  await page.getByText('Recognised from the document.').waitFor()
  await page.getByLabel('Replace').check()
  await page.getByRole('button', { name: 'Show the plan' }).click()
  const plan = page.getByRole('region', { name: 'Plan' })
  await plan.getByText('1 replaced').waitFor()
  await plan.getByText('The Very First Lamp').last().waitFor()
  expect(await inspect(page, 'walk-plan')).toEqual([])
  await page.getByRole('button', { name: 'Apply the plan…' }).click()
  await page.getByLabel('Type IMPORT to confirm').fill('IMPORT')
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  await page.getByText('1 achievement changed.').waitFor()
  expect(await inspect(page, 'walk-applied')).toEqual([])
}

/** A player, found by an account of one platform, whose unlock has not arrived at another one. */
async function replayDelivery(page: Page): Promise<void> {
  const [account = ''] = Object.entries(accountsOf(0)).flatMap(([dialect, id]) =>
    dialect === ACCOUNTED ? [] : [id],
  )
  await page.getByRole('navigation', { name: 'Title' }).getByRole('link', { name: 'Players' }).click()
  await page.getByLabel('Id, name or account').fill(account)
  await page.getByRole('link', { name: 'mira' }).click()
  const row = page.getByRole('row').filter({ hasText: 'Shoreline' })
  await row.getByRole('button', { name: 'Failed' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('the achievement is not published').first().waitFor()
  expect(await inspect(page, 'walk-delivery')).toEqual([])
  platform.behave = always(respond(200))
  await dialog.getByRole('button', { name: 'Replay' }).click()
  await dialog.getByText('Delivered').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await row.getByRole('button', { name: 'Delivered' }).waitFor()
  expect(platform.applied.size).toBe(1)
}
