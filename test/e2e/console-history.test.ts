import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { HOOK_SECRET } from '../support/relay.ts'

const TITLE = 'harbor-lights'
/** More than a screen shows. */
const ACHIEVEMENT_COUNT = 200

let running: ConsoleServer
beforeAll(async () => {
  running = await startConsoleServer({ LAUREL_CREDENTIAL_HOOK: HOOK_SECRET })
  const { call } = running
  await call('TitleService/CreateTitle', { title: { titleId: TITLE, displayName: 'Harbor Lights' } })
  const create = (achievementId: string, more: object = {}) =>
    call('AchievementService/CreateAchievement', {
      achievement: { titleId: TITLE, achievementId, name: { text: `The ${achievementId}` }, ...more },
    })
  const following = { requirements: [{ requirementId: 'r', statCode: 'lamps', target: { integer: '100' } }] }
  await create('together', { participation: 'PARTICIPATION_COMMUNITY', ...following })
  for (let index = 0; index < ACHIEVEMENT_COUNT; index += 1) await create(`lamp-${index}`, { tags: ['lit'] })
  const key = { titleId: TITLE, playerId: 'mira' }
  const update = { statCode: 'lamps', operation: 'STAT_OPERATION_SET', value: 12 }
  await call('ProgressService/RecordStats', { ...key, updates: [update] })
  await call('ProgressService/UnlockAchievement', { ...key, achievementId: 'lamp-3' })
  await call('DestinationService/CreateDestination', {
    destination: {
      titleId: TITLE,
      destinationId: 'hook',
      dialect: 'webhook',
      url: running.server.url,
      credential: 'env:LAUREL_CREDENTIAL_HOOK',
    },
  })
  await call('DestinationService/PauseDestination', { titleId: TITLE, destinationId: 'hook' })
})
afterAll(() => running[Symbol.asyncDispose]())

/** Returns where the reader is: the URL, the heading, the filters and the tab. */
async function whereIs(page: Page): Promise<unknown> {
  const shown = await page.evaluate(`({
    heading: document.querySelector('h1')?.textContent,
    values: [...document.querySelectorAll('main [type=search], main select, main .segmented :checked + span')]
      .map((control) => control.value ?? control.textContent),
    tab: document.querySelector('.tabs [aria-current]')?.textContent,
  })`)
  return { url: page.url(), ...(shown as object) }
}

test('back and forward return to every page, with its filters and its tab', async () => {
  await using opened = await openPage(`${running.server.url}/console`)
  const { page } = opened
  const inTitle = page.getByRole('navigation', { name: 'Title' })
  const ofServer = page.getByRole('navigation', { name: 'Server' })
  const main = page.getByRole('main')
  const follow = (name: string, within = main) => within.getByRole('link', { name, exact: true }).click()
  const steps: readonly (readonly [heading: string, act: () => Promise<unknown>])[] = [
    ['Titles', () => page.getByLabel('Search titles').fill('harbor')],
    ['Achievements', () => follow(TITLE)],
    ['Achievements', () => page.getByLabel('Search achievements').fill('LAMP-17')],
    ['The lamp-17', () => follow('The lamp-17')],
    ['Achievements', () => follow('Achievements')],
    ['New achievement', () => follow('New achievement')],
    ['Import and export', () => follow('Import and export', inTitle)],
    ['Import and export', () => page.getByText('Export', { exact: true }).click()],
    ['Harbor Lights', () => follow('Settings', inTitle)],
    ['Players', () => follow('Players', inTitle)],
    ['Players', () => page.getByLabel('Id, name or account').fill('mi')],
    ['mira', () => follow('mira')],
    ['mira', () => page.getByLabel('State').selectOption('unlocked')],
    ['mira', () => follow('Stats')],
    ['mira', () => follow('History')],
    ['mira', () => follow('Changes by people')],
    ['Destinations', () => follow('Destinations', inTitle)],
    ['hook', () => follow('hook')],
    ['hook', () => page.getByLabel('State').selectOption('PENDING')],
    ['Live', () => follow('Live', inTitle)],
    ['Community goals', () => follow('Community goals', inTitle)],
    ['The together', () => follow('The together')],
    ['Audit', () => follow('Audit', inTitle)],
    ['Audit', () => page.getByLabel('Type').selectOption('Destination')],
    ['Players', () => follow('Players', ofServer)],
    ['mira', () => follow('mira')],
    ['Audit', () => follow('Audit', ofServer)],
    ['Dialects', () => follow('Dialects', ofServer)],
    ['Dialects', () => page.getByLabel('From').selectOption({ index: 1 })],
    ['Titles', () => follow('Titles', ofServer)],
  ]
  const visited: unknown[] = []
  for (const [heading, act] of steps) {
    const length = await page.evaluate('history.length')
    await act()
    await page.getByRole('heading', { name: heading, exact: true }).first().waitFor()
    // Typing and choosing change the entry of the page, and make no other one.
    if ((await page.evaluate('history.length')) === length) visited.pop()
    await main.locator('.tabs, table, form, .empty, .achievement, select').first().waitFor()
    visited.push(await whereIs(page))
  }
  const [last] = visited.slice(-1)
  for (const position of visited.slice(0, -1).reverse()) {
    await page.goBack()
    await expect.poll(() => whereIs(page)).toEqual(position)
  }
  for (const position of visited.slice(1)) {
    await page.goForward()
    await expect.poll(() => whereIs(page)).toEqual(position)
  }
  expect(await whereIs(page)).toEqual(last)
})

test('a page begins at its top and has the focus, and back returns to the row of a long list', async () => {
  await using opened = await openPage(`${running.server.url}/console/titles/${TITLE}`)
  const { page } = opened
  await page.getByText(`${ACHIEVEMENT_COUNT + 1} achievements`).waitFor()
  const frame = page.getByRole('region', { name: 'Achievements' })
  await frame.evaluate((element) => Reflect.set(element, 'scrollTop', 6_000))
  const link = page.getByRole('link', { name: 'The lamp-128' })
  await link.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'The lamp-128' }).waitFor()
  await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main')
  await page.goBack()
  await expect.poll(() => frame.evaluate((element) => Reflect.get(element, 'scrollTop'))).toBe(6_000)
  await expect.poll(() => link.evaluate((element) => element.matches(':focus'))).toBe(true)
})

test('a reader who stays with unsaved edits can still go back and forward', async () => {
  await using opened = await openPage(`${running.server.url}/console/titles/${TITLE}`)
  const { page } = opened
  await page.getByRole('link', { name: 'The together' }).click()
  await page.getByRole('heading', { name: 'The together' }).waitFor()
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('heading', { name: 'Harbor Lights' }).waitFor()
  await page.goBack()
  const hidden = page.getByLabel('Hidden until it is unlocked')
  await hidden.check()
  const discard = page.getByRole('button', { name: 'Discard' })
  await expect.poll(() => discard.isEnabled()).toBe(true)
  const [entry, path] = await page.evaluate<unknown[]>('[history.state, location.pathname]')
  for (const go of ['back', 'forward']) {
    const asked = page.waitForEvent('dialog')
    await page.evaluate(`history.${go}()`)
    await (await asked).dismiss()
    await expect
      .poll(() => page.evaluate('[history.state, location.pathname].join()'))
      .toBe(`${entry},${path}`)
    expect(await hidden.isChecked()).toBe(true)
  }
  await discard.click()
  await expect.poll(() => discard.isEnabled()).toBe(false)
  await page.goForward()
  await page.getByRole('heading', { name: 'Harbor Lights' }).waitFor()
  await page.goBack()
  await page.goBack()
  await page.getByRole('link', { name: 'The together' }).waitFor()
})

test('the way back leads past the form of a record that was created, and past a record that was deleted', async () => {
  await using opened = await openPage(`${running.server.url}/console/titles/${TITLE}`)
  const { page } = opened
  await page.getByRole('link', { name: 'New achievement' }).click()
  await page.getByLabel('Code', { exact: true }).fill('beacon')
  await page.getByLabel('Name').fill('The beacon')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.waitForURL('**/achievements/beacon')
  await page.getByRole('heading', { name: 'The beacon' }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Achievements' }).waitFor()
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('heading', { name: 'Harbor Lights' }).waitFor()
  await page.goto(`${running.server.url}/console/titles/${TITLE}/destinations/hook`)
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByLabel('Type hook').fill('hook')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('The title has no destinations').waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Harbor Lights' }).waitFor()
})
