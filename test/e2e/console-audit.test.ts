import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { type ConsolePage, inspect, openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { startServer } from '../support/server.ts'

const TITLE = 'harbor-lights'

let console: ConsoleServer
let opened: ConsolePage

beforeAll(async () => {
  console = await startConsoleServer()
  const { call } = console
  await call('TitleService/CreateTitle', { title: { titleId: TITLE, displayName: 'Harbor' } })
  await call('TitleService/UpdateTitle', { title: { titleId: TITLE, displayName: 'Harbor Lights' } })
  for (const achievementId of ['lamp', 'foghorn']) {
    const achievement = { titleId: TITLE, achievementId, name: { text: achievementId } }
    await call('AchievementService/CreateAchievement', { achievement })
  }
  await call('PlayerService/CreatePlayer', { player: { playerId: '=cmd' } })
  opened = await openPage(`${console.server.url}/console/audit`)
})
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
  await console[Symbol.asyncDispose]()
})

describe('the audit', () => {
  test('lists changes with the record before and after', async () => {
    const { page } = opened
    const row = page.getByRole('row').filter({ hasText: 'UpdateTitle' })
    await row.getByRole('button', { name: 'Show the difference' }).click()
    await page.getByText('Harbor Lights').waitFor()
    await page.getByRole('region', { name: 'Differences' }).getByText('Harbor', { exact: true }).waitFor()
    expect(await inspect(page, 'audit')).toEqual([])
  })

  test('is filtered by the URL, and a filter without an entry is explained', async () => {
    const { page } = opened
    await page.getByLabel('Type').selectOption('Achievement')
    await page.getByLabel('Resource').fill('lamp')
    await expect.poll(() => page.getByRole('row').count()).toBe(2)
    await page.reload()
    await page.getByRole('row').filter({ hasText: 'lamp' }).waitFor()
    expect(await page.getByLabel('Resource').inputValue()).toBe('lamp')
    await page.getByLabel('Resource').fill('none')
    await page.getByText('No entry matches').waitFor()
    expect(await inspect(page, 'audit-empty')).toEqual([])
  })

  test('is downloaded as far as the filters say, as JSON lines and as CSV', async () => {
    const { page } = opened
    await page.goto(`${console.server.url}/console/audit?type=AUDIT_RESOURCE_TYPE_PLAYER`)
    const lines = (await downloaded('Download JSON lines')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).resourceId)).toEqual(['=cmd'])
    const [header, row = ''] = (await downloaded('Download CSV')).split('\r\n')
    expect(header).toContain('operation,resourceType')
    expect(row).toContain(",'=cmd,")
  })

  test('of all titles is refused to a service of one title, with the advice of the server', async () => {
    const auth = await createAuth([TITLE])
    await using checked = await startServer({ databaseUrl: console.databaseUrl, env: auth.env })
    await using limited = await openPage(`${checked.url}/console/audit`)
    const { page } = limited
    await page.getByLabel('Key or token').fill(auth.service)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('set title_id to a title of its own').waitFor()
    await page.getByRole('searchbox', { name: 'Title' }).fill(TITLE)
    await page.getByRole('row').filter({ hasText: 'UpdateTitle' }).waitFor()
  })
})

async function downloaded(button: string): Promise<string> {
  const { page } = opened
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: button }).click()
  return readFileSync(await (await waiting).path(), 'utf8')
}
