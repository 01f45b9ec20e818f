import { afterAll, beforeAll, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { inspect, openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'

let console: ConsoleServer
beforeAll(async () => {
  console = await startConsoleServer()
})
afterAll(() => console[Symbol.asyncDispose]())

test('the dialects have their capabilities, and the losses from one to another', async () => {
  const [from, to] = adapters
  if (from === undefined || to === undefined) throw new Error('there are two dialects')
  await using opened = await openPage(`${console.server.url}/console/dialects`)
  const { page } = opened
  for (const { displayName } of adapters)
    await page.getByRole('columnheader', { name: displayName }).waitFor()
  const features = Object.keys(from.capabilities)
  expect(await page.getByRole('region', { name: 'Capabilities' }).getByRole('row').count()).toBe(
    features.length + 1,
  )
  await page.getByLabel('From').selectOption(from.id)
  await page.getByLabel('To').selectOption(to.id)
  expect(page.url()).toContain(`from=${from.id}`)
  const dropped = features.filter((feature) => isDropped(from.capabilities, to.capabilities, feature))
  const shown = page.locator('dt', { hasText: 'Dropped' }).locator('xpath=following-sibling::dd[1]')
  expect((await shown.textContent())?.split(', ').length).toBe(Math.max(1, dropped.length))
  expect(await inspect(page, 'dialects')).toEqual([])
  await page.goto(`${console.server.url}/console/dialects?from=unknown`)
  await page.getByRole('heading', { name: 'Losses between two dialects' }).waitFor()
})

function isDropped(from: object, to: object, feature: string): boolean {
  const level = (capabilities: object) => (capabilities as Readonly<Record<string, string>>)[feature]
  return level(from) !== 'none' && level(to) === 'none'
}
