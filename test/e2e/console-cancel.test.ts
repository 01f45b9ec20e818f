import { readFileSync } from 'node:fs'
import { Client } from 'pg'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { sampleOf } from '../support/dialect-fixtures.ts'
import { CODED } from '../support/documents.ts'

const TITLE = 'harbor-lights'

let running: ConsoleServer
beforeAll(async () => {
  running = await startConsoleServer()
  await running.call('TitleService/CreateTitle', { title: { titleId: TITLE } })
})
afterAll(() => running[Symbol.asyncDispose]())

const storedCount = async () => {
  const { totalSize = 0 } = await running.call('AchievementService/ListAchievements', { titleId: TITLE })
  return totalSize
}

/** Plans a document, and opens the dialog to apply the plan, in which all is filled in. */
async function openPlan(page: Page) {
  await page.getByLabel('Document', { exact: true }).setInputFiles({
    name: 'definitions.json',
    mimeType: 'application/json',
    buffer: readFileSync(sampleOf(CODED)),
  })
  await page.getByLabel('Platform').selectOption(CODED)
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByRole('button', { name: 'Apply the plan…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Type IMPORT to confirm').fill('IMPORT')
  return dialog
}

test('an import that is cancelled while it is applied changes nothing, and the page says so', async () => {
  await using opened = await openPage(`${running.server.url}/console/titles/${TITLE}/exchange`)
  const { page } = opened
  const dialog = await openPlan(page)
  // The server waits for this transaction in the middle of the import.
  const other = new Client(running.databaseUrl)
  await other.connect()
  await other.query('begin')
  await other.query('select from titles where id = $1 for update', [TITLE])
  await dialog.getByRole('button', { name: 'Apply' }).click()
  await dialog.getByRole('progressbar').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('The plan is not applied: nothing has changed.').waitFor()
  await other.query('rollback')
  await other.end()
  await page.getByRole('button', { name: 'Apply the plan…' }).waitFor()
  expect(await storedCount()).toBe(0)
})

test('an import that is cancelled too late is applied whole, and the page says so and offers to undo it', async () => {
  await using opened = await openPage(`${running.server.url}/console/titles/${TITLE}/exchange`)
  const { page } = opened
  const applied = Promise.withResolvers<void>()
  await page.route('**/ApplyPlan', async (route) => {
    await route.fetch()
    // The response never reaches the page.
    applied.resolve()
  })
  const dialog = await openPlan(page)
  await dialog.getByRole('button', { name: 'Apply' }).click()
  await applied.promise
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('It was too late to cancel').waitFor()
  await page.getByRole('button', { name: 'Undo…' }).waitFor()
  const count = Number(await storedCount())
  expect(count).toBeGreaterThan(0)
  await page.getByText(`${count} achievement${count === 1 ? '' : 's'} changed.`).waitFor()
})
