import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { type ConsolePage, inspect, openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { sampleOf } from '../support/dialect-fixtures.ts'

const SAMPLES = fileURLToPath(new URL('../../src/cli/samples', import.meta.url))
/** `<title>.<dialect>.json` */
const [SAMPLE = ''] = globSync('*.*.json', { cwd: SAMPLES })
const [TITLE = '', DIALECT = ''] = basename(SAMPLE, '.json').split('.')
const COPY = 'copy'

let running: ConsoleServer
let opened: ConsolePage
beforeAll(async () => {
  running = await startConsoleServer()
  const { server, call } = running
  for (const titleId of [TITLE, COPY]) await call('TitleService/CreateTitle', { title: { titleId } })
  opened = await openPage(`${server.url}/console/titles/${TITLE}/exchange`)
})
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
  await running[Symbol.asyncDispose]()
})

const names = async (titleId = TITLE) => {
  const { achievements = [] } = await running.call('AchievementService/ListAchievements', { titleId })
  return (achievements as { name: { text: string } }[]).map(({ name }) => name.text).sort()
}
const choose = (content: string) =>
  opened.page
    .getByLabel('Document', { exact: true })
    .setInputFiles({ name: SAMPLE, mimeType: 'application/json', buffer: Buffer.from(content) })
const confirm = async (typed: string) => {
  const { page } = opened
  await page.getByRole('button', { name: 'Apply the plan…' }).click()
  const apply = page.getByRole('dialog').getByRole('button', { name: 'Apply' })
  expect(await apply.isDisabled()).toBe(true)
  await page.getByLabel(`Type ${typed} to confirm`).fill(typed)
  if (typed === 'IMPORT') expect(await inspect(page, 'import-confirm')).toEqual([])
  await apply.click()
  await page.getByText('achievements changed.').or(page.getByText('achievement changed.')).waitFor()
}
const document = readFileSync(join(SAMPLES, SAMPLE), 'utf8')
const entryCount = JSON.parse(document).length as number

test('a document is recognised, and imported as its plan shows after a typed confirmation', async () => {
  const { page } = opened
  await page.getByText('Replace: take').waitFor()
  await choose(document)
  await page.getByText('Recognised from the document.').waitFor()
  expect(await page.getByLabel('Platform').inputValue()).toBe(DIALECT)
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByText(`${entryCount} new`).waitFor()
  await page.locator('.plan-entries summary').first().click()
  await page.locator('.plan-entries .findings').first().waitFor()
  expect(await inspect(page, 'import-plan')).toEqual([])
  expect(await names()).toEqual([])
  await confirm('IMPORT')
  expect(await names()).toHaveLength(entryCount)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download the report' }).click()
  const report = JSON.parse(readFileSync(await (await download).path(), 'utf8'))
  expect(report.outcomes).toHaveLength(entryCount)
})

test('Replace shows each field that changes, Leave Out changes nothing, and an import is undone', async () => {
  const { page } = opened
  const before = await names()
  const [old = ''] = before
  await page.reload()
  await choose(document.replaceAll(JSON.stringify(old).slice(1, -1), `${old} II`))
  await page.getByText('Recognised from the document.').waitFor()
  await page.getByLabel('Leave out').check()
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByText('Nothing changes').waitFor()
  await page.getByLabel('Replace').check()
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByText('1 replaced').waitFor()
  await page.locator('.plan-entries summary').first().click()
  await page.getByText(`${old} II`).last().waitFor()
  await confirm('IMPORT')
  expect(await names()).toContain(`${old} II`)
  await page.getByRole('button', { name: 'Undo…' }).click()
  await page.getByText('1 replaced').waitFor()
  await confirm('UNDO')
  expect(await names()).toEqual(before)
})

test('entries that cannot be read are listed with their reason, and a document of nothing is refused', async () => {
  const { page } = opened
  await page.reload()
  const [first, ...rest] = JSON.parse(document)
  await choose(JSON.stringify([...rest, Object.fromEntries(Object.keys(first).map((name) => [name, []]))]))
  await page.getByText('Recognised').waitFor()
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByText('1 entry cannot be imported').waitFor()
  expect(await inspect(page, 'import-failed')).toEqual([])
  await choose('{"this": ')
  await page.getByText('It is not recognised').waitFor()
  await page.getByLabel('Platform').selectOption(DIALECT)
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByRole('alert').getByText('line 1').waitFor()
})

test.each(adapters.map(({ id }) => id))(
  'a real document of %s is recognised and planned whole',
  async (dialect) => {
    const { page } = opened
    const titleId = `real-${dialect}`
    await running.call('TitleService/CreateTitle', { title: { titleId } })
    await page.goto(`${running.server.url}/console/titles/${titleId}/exchange`)
    await choose(readFileSync(sampleOf(dialect), 'utf8'))
    await page.getByText('Recognised from').or(page.getByText('It reads as')).waitFor()
    await page.getByLabel('Platform').selectOption(dialect)
    await page.getByRole('button', { name: 'Show the plan' }).click()
    await page
      .getByRole('region', { name: 'Plan' })
      .getByText(/^[1-9]\d* new$/)
      .waitFor()
    expect(await page.getByText('cannot be imported').count()).toBe(0)
  },
)

test('a plan of 10,000 entries is recognised by its beginning, shows how far it is, and is cancelled', async () => {
  const { page } = opened
  await page.goto(`${running.server.url}/console/titles/${TITLE}/exchange`)
  const [entry] = JSON.parse(document)
  const code =
    Object.entries<unknown>(entry).find(([name]) => /code$/i.test(name) && name !== 'StatCode')?.[0] ?? ''
  const many = Array.from({ length: 10_000 }, (_, index) => ({ ...entry, [code]: `many-${index}` }))
  await choose(JSON.stringify(many))
  await page.getByText('Recognised from the document.').waitFor()
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await expect
    .poll(() => page.evaluate('document.querySelector(".progress progress")?.value'))
    .toBeGreaterThan(0)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('progressbar').waitFor({ state: 'detached' })
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await page.getByRole('button', { name: 'Show the plan' }).isEnabled()).toBe(true)
})

test('another title is copied', async () => {
  const { page } = opened
  await page.goto(`${running.server.url}/console/titles/${COPY}/exchange`)
  await page.getByLabel('Another title').check()
  await page.getByLabel('Id of the other title').fill(TITLE)
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByText(`${entryCount} new`).waitFor()
  await confirm('IMPORT')
  expect(await names(COPY)).toEqual(await names())
})

test('an export shows its losses before the download', async () => {
  const { page } = opened
  await page.goto(`${running.server.url}/console/titles/${TITLE}/exchange?view=export`)
  const { dialects } = await running.call('ExchangeService/ListDialects', {})
  for (const { dialect } of dialects as { dialect: string }[]) {
    await page.getByLabel('Platform').selectOption(dialect)
    await page.getByRole('button', { name: 'Show the losses' }).click()
    await page.getByText(`${entryCount} entries`).waitFor()
    if (dialect !== DIALECT)
      await page.getByRole('region', { name: 'Losses' }).getByText('dropped').first().waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download' }).click()
    const file = await download
    expect(file.suggestedFilename()).toBe(`${TITLE}.${dialect}.json`)
    expect(JSON.parse(readFileSync(await file.path(), 'utf8'))).toBeTruthy()
  }
  expect(await inspect(page, 'export')).toEqual([])
})
