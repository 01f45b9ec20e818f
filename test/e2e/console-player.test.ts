import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { accountsOf, BINDINGS, idsOf } from '../support/bound-title.ts'
import { type ConsolePage, inspect, openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { ACCOUNTED, CODED, codeOf, entryOf } from '../support/documents.ts'
import { always, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { startServer } from '../support/server.ts'

const TITLE = 'harbor-lights'
const PLAYER = 'mira'
const ACCOUNT = accountsOf(0)[CODED] ?? ''

let console: ConsoleServer
let platform: FakePlatform

beforeAll(async () => {
  console = await startConsoleServer()
  platform = await startFakePlatform({
    behave: always(respond(400, { body: JSON.stringify({ message: 'the achievement is not published' }) })),
  })
  const { call } = console
  await call('TitleService/CreateTitle', {
    title: {
      titleId: TITLE,
      displayName: 'Harbor Lights',
      bindings: Object.fromEntries(Object.entries(BINDINGS).map(([dialect, ids]) => [dialect, { ids }])),
    },
  })
  const names = ['Shoreline', 'أضواء الميناء', '灯台守', 'Night Watch', 'All Lamps']
  for (const [index, text] of names.entries()) {
    await call('AchievementService/CreateAchievement', {
      achievement: {
        titleId: TITLE,
        achievementId: `goal-${index}`,
        name: { locale: 'en', text },
        ids: idsOf(index),
        ...(index === 3 && { requirements: [{ requirementId: 'nights', target: { integer: '40' } }] }),
        rewards: [{ kind: 'REWARD_KIND_GAMERSCORE', value: '15' }],
      },
    })
  }
  const accounts = Object.entries(accountsOf(0)).map(([dialect, accountId]) => ({ dialect, accountId }))
  await call('PlayerService/CreatePlayer', {
    player: { playerId: PLAYER, displayName: 'Mira ميرا', accounts },
  })
  await call('PlayerService/CreatePlayer', { player: { playerId: 'mirror', displayName: 'Other' } })
  await call('DestinationService/CreateDestination', {
    destination: { titleId: TITLE, destinationId: 'platform', dialect: ACCOUNTED, url: platform.url },
  })
  const report = { titleId: TITLE, playerId: PLAYER }
  await call('ProgressService/UnlockAchievement', { ...report, achievementId: 'goal-0' })
  await call('ProgressService/RecordProgress', {
    ...report,
    achievementId: 'goal-3',
    reach: { quantity: { integer: '26' } },
  })
})
afterAll(async () => {
  await console[Symbol.asyncDispose]()
  await platform.close()
})

describe('a player', () => {
  let opened: ConsolePage
  beforeAll(async () => {
    opened = await openPage(`${console.server.url}/console/players`)
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  test('is found by an account of any platform, and a text without a player is explained', async () => {
    const { page } = opened
    await page.getByRole('link', { name: 'mirror' }).waitFor()
    expect(await inspect(page, 'players')).toEqual([])
    await page.getByLabel('Id, name or account').fill('unknown-player')
    await page.getByText('No player begins like that').waitFor()
    await page.getByLabel('Id, name or account').fill(ACCOUNT)
    await page.getByRole('link', { name: PLAYER }).click()
    await page.getByRole('heading', { name: 'Mira ميرا' }).waitFor()
    await page.getByText(ACCOUNT).waitFor()
  })

  test('has a delivery that failed: the page says why, and sends it again', async () => {
    const { page } = opened
    const row = page.getByRole('row').filter({ hasText: 'Shoreline' })
    await expect.poll(() => stateAtPlatform()).toBe('DELIVERY_STATE_DEAD')
    await page.reload()
    await row.getByRole('button', { name: 'Failed' }).waitFor()
    expect(await inspect(page, 'player')).toEqual([])
    await page.getByLabel('Not delivered').check()
    await row.getByRole('button', { name: 'Failed' }).click()
    await page.getByRole('dialog').getByText('HTTP 400').waitFor()
    await page.getByText('the achievement is not published').first().waitFor()
    expect(await inspect(page, 'player-delivery')).toEqual([])
    platform.behave = always(respond(200))
    await page.getByRole('button', { name: 'Replay' }).click()
    await page.getByRole('dialog').getByText('Delivered').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByLabel('Not delivered').uncheck()
    await row.getByRole('button', { name: 'Delivered' }).waitFor()
  })

  test('is granted an achievement, with a reason that the history and the audit show', async () => {
    const { page } = opened
    await page.getByRole('button', { name: 'Grant goal-3' }).click()
    await page.getByLabel('Reason').fill('lost after a crash')
    expect(await inspect(page, 'player-grant')).toEqual([])
    await page.getByRole('dialog').getByRole('button', { name: 'Grant' }).click()
    const row = page.getByRole('row').filter({ hasText: 'Night Watch' })
    await row.getByText('Unlocked').waitFor()
    await page.getByText('2 / 5').waitFor()
    await row.getByRole('button', { name: 'Revoke' }).click()
    await page.getByLabel('Reason').fill('not his')
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await row.getByText('Revoked').waitFor()
    await row.getByRole('button', { name: 'Reset' }).click()
    await page.getByLabel('Reason').fill('again')
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click()
    await row.getByText('Locked').waitFor()
    await page.getByRole('link', { name: 'History' }).click()
    await page.getByRole('row').filter({ hasText: 'lost after a crash' }).getByText('Unlocked').waitFor()
    expect(await inspect(page, 'player-history')).toEqual([])
    await page.getByRole('link', { name: 'Changes by people' }).click()
    await page.getByRole('row').filter({ hasText: 'not his' }).getByText('RevokeAchievement').waitFor()
    expect(await inspect(page, 'player-changes')).toEqual([])
  })

  test('has its stats and its contributions to goals of all players', async () => {
    const { page } = opened
    await page.goto(`${console.server.url}/console/titles/${TITLE}/players/${PLAYER}`)
    await page.getByRole('link', { name: 'Stats' }).click()
    await page.getByText('No stat has a value of this player').waitFor()
    const goal = {
      titleId: TITLE,
      achievementId: 'together',
      name: { text: 'Together' },
      participation: 'PARTICIPATION_COMMUNITY',
    }
    const requirements = [{ requirementId: 'sum', statCode: 'lamps', target: { integer: '100' } }]
    await console.call('AchievementService/CreateAchievement', { achievement: { ...goal, requirements } })
    const update = { statCode: 'lamps', operation: 'STAT_OPERATION_SET', value: 12.5 }
    await console.call('ProgressService/RecordStats', { titleId: TITLE, playerId: PLAYER, updates: [update] })
    await page.reload()
    await page.getByLabel('Stats').getByRole('row').filter({ hasText: 'lamps' }).getByText('12.5').waitFor()
    const contributions = page.getByLabel('Contributions', { exact: true })
    await contributions.getByRole('row').filter({ hasText: 'together' }).getByText('12.5').waitFor()
    expect(await inspect(page, 'player-stats')).toEqual([])
  })

  test('is created before the first report, and a taken id is explained', async () => {
    const { page } = opened
    await page.goto(`${console.server.url}/console/titles/${TITLE}/players`)
    await page.getByRole('button', { name: 'New player' }).click()
    await page.getByLabel('Id', { exact: true }).fill(PLAYER)
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('alert').getByText(PLAYER).waitFor()
    expect(await inspect(page, 'player-create')).toEqual([])
    await page.getByLabel('Id', { exact: true }).fill('nova')
    await page.getByLabel('Name', { exact: true }).fill('Nova')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'Nova' }).waitFor()
    await page.getByRole('button', { name: 'Grant goal-0' }).waitFor()
  })

  test('is linked to an account, and an id that the platform does not give is explained', async () => {
    const { page } = opened
    await page.goto(`${console.server.url}/console/players/mirror`)
    await page.getByText('Nothing was recorded for this player yet').waitFor()
    await page.getByRole('button', { name: 'Link an account' }).click()
    await page.getByLabel('Platform').selectOption(ACCOUNTED)
    await page.getByLabel('Account', { exact: true }).fill('no account')
    await page.getByLabel('Reason').fill('ticket 7')
    await page.getByRole('button', { name: 'Link', exact: true }).click()
    await page.getByRole('alert').getByText('no account id of').waitFor()
    expect(await inspect(page, 'player-link')).toEqual([])
    await page.getByLabel('Account', { exact: true }).fill(accountsOf(1)[ACCOUNTED] ?? '')
    await page.getByRole('button', { name: 'Link', exact: true }).click()
    await page.getByRole('button', { name: `Unlink ${ACCOUNTED}` }).waitFor()
  })

  test('absorbs another player, and is deleted after its id is typed', async () => {
    const { page } = opened
    await console.call('PlayerService/CreatePlayer', { player: { playerId: 'copy', displayName: 'Copy' } })
    await page.getByRole('button', { name: 'Merge' }).click()
    await page.getByLabel('The other player').fill('copy')
    await page.getByText('Copy, accounts').waitFor()
    await page.getByLabel('Reason').fill('one person')
    await page.getByLabel('Type MERGE').fill('MERGE')
    await page.getByRole('dialog').getByRole('button', { name: 'Merge' }).click()
    await page.getByText('The players are merged.').waitFor()
    await page.goto(`${console.server.url}/console/players/copy`)
    await page.getByText('copy was merged into this player').waitFor()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByLabel('Reason').fill('request 12')
    await page.getByLabel('Type mirror').fill('mirror')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.waitForURL('**/console/players')
    await page.goto(`${console.server.url}/console/players/mirror`)
    await page.getByText('There is no such player').waitFor()
  })
})

test('a player who signs in sees the own achievements, and is offered no change', async () => {
  const auth = await createAuth([TITLE])
  await using checked = await startServer({ databaseUrl: console.databaseUrl, env: auth.env })
  await using opened = await openPage(`${checked.url}/console/titles/${TITLE}/players/${PLAYER}`)
  const { page } = opened
  await page.getByLabel('Key or token').fill(await auth.player(PLAYER))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('row').filter({ hasText: 'Shoreline' }).getByText('Unlocked').waitFor()
  for (const name of ['Revoke', 'Grant', 'Delete', 'Merge', 'Reset all', 'Link an account'])
    expect(await page.getByRole('button', { name }).count(), name).toBe(0)
  await page.getByRole('link', { name: 'History' }).click()
  await page.getByRole('row').filter({ hasText: 'goal-0' }).first().waitFor()
  await page.getByRole('link', { name: 'Players' }).first().click()
  await page.getByRole('alert').getByText('has no permission').waitFor()
})

test('a player with 5,000 achievements has only the rows on the screen in the page', async () => {
  const large = 'large'
  await console.call('TitleService/CreateTitle', { title: { titleId: large } })
  const binding = fixturesOf(CODED).binding(2)
  const document = Array.from({ length: 5_000 }, (_, index) => entryOf(CODED, { number: index + 1, binding }))
  const imported = await fetch(
    `${console.server.url}/upload/laurel.v1.ExchangeService/ImportAchievements?dialect=${CODED}&title_id=${large}`,
    { method: 'POST', body: JSON.stringify(document) },
  )
  expect(await imported.text()).toContain('"newCount":5000')
  const destination = { titleId: large, destinationId: 'paused', dialect: CODED, url: platform.url }
  await console.call('DestinationService/CreateDestination', { destination })
  await console.call('DestinationService/PauseDestination', { titleId: large, destinationId: 'paused' })
  const codes = document.map((_, index) => codeOf(CODED, index + 1))
  for (let start = 0; start < codes.length; start += 1_000) {
    const items = codes.slice(start, start + 1_000).map((achievementId) => ({
      titleId: large,
      playerId: 'collector',
      achievementId,
      unlock: true,
    }))
    await console.call('ProgressService/BatchRecordProgress', { items })
  }
  await using opened = await openPage(`${console.server.url}/console/titles/${large}/players/collector`)
  const { page } = opened
  await page.getByText('5,000 achievements', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Paused' }).first().waitFor()
  await page.evaluate(`
    window.longest = 0
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration)
    }).observe({ type: 'longtask' })
  `)
  const rows = page.getByRole('row')
  for (const part of [0.25, 0.5, 0.75, 1]) {
    await page.evaluate(`{
      const frame = document.querySelector('.player-achievements')
      frame.scrollTop = frame.scrollHeight * ${part}
    }`)
    await expect.poll(() => rows.count()).toBeLessThan(60)
  }
  await page
    .getByRole('row')
    .filter({ hasText: codes.at(-1) ?? '' })
    .waitFor()
  expect(await page.evaluate('window.longest')).toBeLessThan(1_000)
})

async function stateAtPlatform(): Promise<unknown> {
  const request = { titleId: TITLE, playerId: PLAYER, achievementId: 'goal-0' }
  const { deliveries = [] } = await console.call('DestinationService/ListAchievementDeliveries', request)
  return (deliveries as readonly { readonly state?: string }[])[0]?.state
}
