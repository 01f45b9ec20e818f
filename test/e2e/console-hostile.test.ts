import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BINDINGS, idsOf } from '../support/bound-title.ts'
import { openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { sampleOf } from '../support/dialect-fixtures.ts'
import { CODED } from '../support/documents.ts'
import { always, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { HOOK_SECRET } from '../support/relay.ts'

/* Texts of players, documents and platforms that would run if a page took them for anything but texts. */

const RUN = 'window.attacked=true'
const MARKUP = `"'><img src=x onerror="${RUN}"><svg onload=${RUN}><script>${RUN}</script>{{${RUN}}}\u202Egnp.exe`
const LINK = `javascript:${RUN}`
const TITLE = `t"'><img src=x onerror=${RUN}>/..%2f?#&`
const PLAYER = `p"'><img src=x onerror=${RUN}>/..%2f?#&`
const ACHIEVEMENT = `a"'><img src=x onerror=${RUN}>/..%2f?#&`

let running: ConsoleServer
let platform: FakePlatform
beforeAll(async () => {
  running = await startConsoleServer({ LAUREL_CREDENTIAL_HOOK: HOOK_SECRET })
  platform = await startFakePlatform({ behave: always(respond(400, { body: MARKUP })) })
  const { call } = running
  const bindings = Object.fromEntries(Object.entries(BINDINGS).map(([dialect, ids]) => [dialect, { ids }]))
  await call('TitleService/CreateTitle', { title: { titleId: TITLE, displayName: MARKUP, bindings } })
  await call('StatService/CreateStat', { stat: { titleId: TITLE, statCode: MARKUP.slice(0, 100) } })
  const text = { locale: 'en', text: MARKUP, translations: { de: MARKUP } }
  await call('AchievementService/CreateAchievement', {
    achievement: {
      titleId: TITLE,
      achievementId: ACHIEVEMENT,
      name: text,
      description: text,
      lockedDescription: text,
      tags: [MARKUP.slice(0, 100)],
      platforms: [MARKUP.slice(0, 60)],
      productId: MARKUP,
      deepLink: LINK,
      ids: idsOf(0),
      titleAssociations: [{ id: '7', name: MARKUP }],
      rewards: [{ kind: 'REWARD_KIND_ART', value: LINK, name: MARKUP }],
      media: [
        { role: 'MEDIA_ROLE_ICON', name: MARKUP, url: LINK },
        { role: 'MEDIA_ROLE_UNLOCKED_ICON', name: 'svg', url: `data:image/svg+xml,<svg onload="${RUN}"/>` },
      ],
      requirements: [
        { requirementId: 'goal', statCode: MARKUP.slice(0, 100), target: { double: 2 } },
        { requirementId: MARKUP.slice(0, 100), target: { integer: '3' } },
      ],
    },
  })
  await call('PlayerService/CreatePlayer', { player: { playerId: PLAYER, displayName: MARKUP } })
  const destination = { titleId: TITLE, destinationId: PLAYER, displayName: MARKUP, dialect: 'webhook' }
  await call('DestinationService/CreateDestination', {
    destination: { ...destination, url: platform.url, credential: 'env:LAUREL_CREDENTIAL_HOOK' },
  })
  const key = { titleId: TITLE, playerId: PLAYER, achievementId: ACHIEVEMENT }
  await call('ProgressService/GrantAchievement', { ...key, reason: MARKUP })
  await call('ProgressService/RevokeAchievement', { ...key, reason: MARKUP })
})
afterAll(async () => {
  await running[Symbol.asyncDispose]()
  await platform.close()
})

const pathOf = (...ids: readonly string[]) => ids.map(encodeURIComponent).join('/')

/** Returns what a page has made of a text that is none: code that ran, links that leave the console, elements that no page draws. */
const attacksIn = (page: Page) =>
  page.evaluate<readonly string[]>(`[
    ...(window.attacked ? ['code ran'] : []),
    ...[...document.querySelectorAll('a[href]')]
      .filter((a) => a.origin !== location.origin || !a.pathname.startsWith('/console'))
      .map((a) => a.href),
    ...[...document.querySelectorAll('img')]
      .filter(({ src }) => !src.startsWith('blob:') && new URL(src).origin !== location.origin)
      .map(({ src }) => src),
    ...document.body.querySelectorAll('script, iframe, object, embed, [onload], [onerror]'),
  ].map(String)`)

test.each([
  ['the titles', [], 'table'],
  ['the achievements', ['titles', TITLE], '.dialect-cell'],
  ['the settings', ['titles', TITLE, 'settings'], 'form'],
  ['an achievement', ['titles', TITLE, 'achievements', ACHIEVEMENT], '.card-state img, .card-state .picture'],
  ['the players', ['players'], 'table'],
  ['a player', ['titles', TITLE, 'players', PLAYER], '.player-achievements'],
  ['the destinations', ['titles', TITLE, 'destinations'], 'table'],
  ['a destination', ['titles', TITLE, 'destinations', PLAYER], '.deliveries'],
  ['the live page', ['titles', TITLE, 'live'], '.rarest'],
  ['the community goals', ['titles', TITLE, 'community'], 'h1'],
  ['the audit', ['audit'], 'table'],
])('%s show hostile texts as texts, after a reload too', async (_, ids, shown) => {
  await using opened = await openPage(`${running.server.url}/console/${pathOf(...ids)}`)
  const { page } = opened
  await page.locator(shown).first().waitFor()
  for (const summary of await page.locator('summary').all()) await summary.click()
  expect(await attacksIn(page)).toEqual([])
  await page.reload()
  await page.locator(shown).first().waitFor()
  expect(await attacksIn(page)).toEqual([])
})

test('a failed delivery shows the response of the platform as a text', async () => {
  const path = pathOf('titles', TITLE, 'destinations', PLAYER)
  await using opened = await openPage(`${running.server.url}/console/${path}`)
  const { page } = opened
  await page
    .locator('.deliveries')
    .getByRole('button', { name: /Failed|Retrying/ })
    .first()
    .click()
  await page.getByRole('dialog').getByText('HTTP 400').waitFor()
  await page.getByRole('dialog').getByText('onerror').first().waitFor()
  expect(await attacksIn(page)).toEqual([])
})

test('the reasons in the history and the audit of a player are texts', async () => {
  const path = pathOf('titles', TITLE, 'players', PLAYER)
  await using opened = await openPage(`${running.server.url}/console/${path}?tab=history`)
  const { page } = opened
  await page.getByRole('cell', { name: 'onerror' }).first().waitFor()
  expect(await attacksIn(page)).toEqual([])
  await page.getByRole('link', { name: 'Changes by people' }).click()
  await page.getByRole('button', { name: 'Show the difference' }).first().click()
  await page.locator('.audit-difference').first().waitFor()
  expect(await attacksIn(page)).toEqual([])
})

test('a document with hostile members and a hostile name is planned as texts', async () => {
  const path = pathOf('titles', TITLE, 'exchange')
  await using opened = await openPage(`${running.server.url}/console/${path}`)
  const { page } = opened
  const document = JSON.stringify(JSON.parse(readFileSync(sampleOf(CODED), 'utf8')), (_, value) =>
    typeof value === 'string' && /[a-z] [a-z]/i.test(value) ? MARKUP : value,
  )
  await page.getByLabel('Document', { exact: true }).setInputFiles({
    name: `<img src=x onerror=${RUN}>.json`,
    mimeType: 'application/json',
    buffer: Buffer.from(document),
  })
  await page.getByLabel('Platform').selectOption(CODED)
  await page.getByRole('button', { name: 'Show the plan' }).click()
  const anyway = page.getByRole('button', { name: 'Plan it for this title anyway' })
  await anyway
    .or(page.getByRole('heading', { name: 'Plan' }))
    .first()
    .waitFor()
  if (await anyway.isVisible()) await anyway.click()
  await page.getByRole('heading', { name: 'Plan' }).waitFor()
  await page.locator('.plan-entries summary').first().click()
  await page.getByText('onerror').first().waitFor()
  await page.getByText('loses').first().waitFor()
  expect(await attacksIn(page)).toEqual([])
})

test.each(['..', '.', '~', '~..', '%2e%2e', 'لعبة', '\u202Eabc'])(
  'the id %j has a page, after a reload too',
  async (id) => {
    await running.call('TitleService/CreateTitle', { title: { titleId: id, displayName: 'Game' } })
    const achievement = { titleId: id, achievementId: id, name: { text: 'Any' } }
    await running.call('AchievementService/CreateAchievement', { achievement })
    await using opened = await openPage(`${running.server.url}/console`)
    const { page } = opened
    await page.getByRole('rowheader', { name: id, exact: true }).getByRole('link').click()
    await page.getByRole('link', { name: 'Any' }).click()
    await page.getByText('Description while locked').first().waitFor()
    await page.reload()
    await page.getByText('Description while locked').first().waitFor()
    expect(await page.locator('.page-header code').textContent()).toBe(id)
  },
)
