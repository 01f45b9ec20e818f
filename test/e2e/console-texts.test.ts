import { afterAll, beforeAll, expect, test } from 'vitest'
import { inspect, openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { always, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { HOOK_SECRET } from '../support/relay.ts'

/* Names that are long, invisible, or written from right to left. */

const LONG = 'W'.repeat(4_000)
const LONG_ID = 'w'.repeat(128)
/** Spaces and characters without width. */
const INVISIBLE = '\u200b \u2060\u00ad'
const ARABIC = 'أضواء الميناء القديم'

let running: ConsoleServer
let platform: FakePlatform
beforeAll(async () => {
  running = await startConsoleServer({ LAUREL_CREDENTIAL_HOOK: HOOK_SECRET })
  platform = await startFakePlatform({ behave: always(respond(400, { body: LONG })) })
  const { call } = running
  await call('TitleService/CreateTitle', { title: { titleId: LONG_ID, displayName: LONG } })
  await call('TitleService/CreateTitle', { title: { titleId: 'invisible', displayName: INVISIBLE } })
  const following = { requirements: [{ requirementId: 'r', statCode: LONG_ID, target: { integer: '9' } }] }
  for (const [achievementId, text, more] of [
    [LONG_ID, LONG, { description: { text: LONG }, tags: [LONG_ID], ...following }],
    ['invisible', INVISIBLE, {}],
    ['arabic', ARABIC, { description: { text: ARABIC } }],
    ['together', LONG, { participation: 'PARTICIPATION_COMMUNITY', ...following }],
  ] as const) {
    const achievement = { titleId: LONG_ID, achievementId, name: { text }, ...more }
    await call('AchievementService/CreateAchievement', { achievement })
  }
  for (const [playerId, displayName] of [
    [LONG_ID, LONG],
    ['invisible', INVISIBLE],
  ])
    await call('PlayerService/CreatePlayer', { player: { playerId, displayName } })
  const hook = { dialect: 'webhook', url: platform.url, credential: 'env:LAUREL_CREDENTIAL_HOOK' }
  const destination = { titleId: LONG_ID, destinationId: LONG_ID, displayName: LONG, ...hook }
  await call('DestinationService/CreateDestination', { destination })
  const key = { titleId: LONG_ID, playerId: LONG_ID }
  await call('ProgressService/GrantAchievement', {
    ...key,
    achievementId: LONG_ID,
    reason: LONG.slice(0, 1_024),
  })
  const update = { statCode: LONG_ID, operation: 'STAT_OPERATION_SET', value: 1e15 }
  await call('ProgressService/RecordStats', { ...key, updates: [update] })
})
afterAll(async () => {
  await running[Symbol.asyncDispose]()
  await platform.close()
})

const OF_TITLE = `titles/${LONG_ID}`

test.each([
  ['titles', '', 'table'],
  ['list', OF_TITLE, '.dialect-cell'],
  ['settings', `${OF_TITLE}/settings`, 'form'],
  ['achievement', `${OF_TITLE}/achievements/${LONG_ID}`, '.card-state .picture'],
  ['arabic', `${OF_TITLE}/achievements/arabic`, '.card-state .picture'],
  ['players', 'players', 'table'],
  ['player', `${OF_TITLE}/players/${LONG_ID}`, '.player-achievements'],
  ['history', `${OF_TITLE}/players/${LONG_ID}?tab=history`, 'table'],
  ['stats', `${OF_TITLE}/players/${LONG_ID}?tab=stats`, 'table'],
  ['destinations', `${OF_TITLE}/destinations`, 'table'],
  ['destination', `${OF_TITLE}/destinations/${LONG_ID}`, '.deliveries'],
  ['live', `${OF_TITLE}/live`, '.rarest'],
  ['community', `${OF_TITLE}/community`, 'table'],
  ['goal', `${OF_TITLE}/community/together`, 'table'],
  ['audit', `${OF_TITLE}/audit`, 'table'],
])(
  'the page %s fits on every screen with long, invisible and right-to-left names',
  async (name, path, shown) => {
    await using opened = await openPage(`${running.server.url}/console/${path}`)
    const { page } = opened
    await page.locator(shown).first().waitFor()
    expect(await inspect(page, `texts-${name}`)).toEqual([])
  },
)

test('the id is shown in place of an invisible name', async () => {
  await using opened = await openPage(`${running.server.url}/console/${OF_TITLE}`)
  const { page } = opened
  await page.getByRole('link', { name: 'invisible', exact: true }).click()
  await page.getByRole('heading', { name: 'invisible', exact: true }).waitFor()
  for (const path of ['players/invisible', 'titles/invisible/settings']) {
    await page.goto(`${running.server.url}/console/${path}`)
    await page.getByRole('heading', { name: 'invisible', exact: true }).waitFor()
  }
})
