import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { type ConsolePage, inspect, openPage } from '../support/browser.ts'
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts'
import { postJson } from '../support/post-json.ts'
import { startServer } from '../support/server.ts'

const TITLE = 'space-race'
const ID = 'moon'

let running: ConsoleServer
let opened: ConsolePage
beforeAll(async () => {
  running = await startConsoleServer()
  const { server, call } = running
  await call('TitleService/CreateTitle', { title: { titleId: TITLE, defaultLocale: 'en' } })
  const achievement = {
    titleId: TITLE,
    achievementId: ID,
    name: { text: 'Luna', locale: 'en', translations: { de: 'Mond' } },
    description: { text: 'Land on the moon', locale: 'en' },
    tags: ['story'],
    rewards: [{ kind: 'REWARD_KIND_GAMERSCORE', value: '10' }],
    requirements: [{ requirementId: 'goal', statCode: 'landings', target: { integer: '10' } }],
  }
  await call('AchievementService/CreateAchievement', { achievement })
  opened = await openPage(`${server.url}/console/titles/${TITLE}/achievements/${ID}`, {
    viewport: { width: 1440, height: 900 },
  })
})
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
  await running[Symbol.asyncDispose]()
})

const stored = async () => {
  const { achievement } = await running.call('AchievementService/GetAchievement', {
    titleId: TITLE,
    achievementId: ID,
  })
  return achievement as {
    name: { text: string; translations: object }
    tags: string[]
    etag: string
    hidden: boolean
  }
}

test('every dialect has a card of the draft, its losses lead to their fields, and the JSON is beside', async () => {
  const { page } = opened
  const panels = page.getByLabel('Platforms').locator('.dialect')
  await panels.first().getByText('Locked', { exact: true }).waitFor()
  const { dialects } = await running.call('ExchangeService/ListDialects', {})
  expect(await panels.count()).toBe((dialects as unknown[]).length)
  for (const panel of await panels.all()) await panel.getByText('Luna').first().waitFor()
  await page.getByRole('button', { name: 'dropped tags' }).first().click()
  expect(await page.evaluate('document.activeElement.value')).toBe('story')
  expect(await inspect(page, 'achievement')).toEqual([])
  await page.getByText('JSON', { exact: true }).click()
  await panels.first().getByText('Luna').first().waitFor()
  expect(await inspect(page, 'achievement-json')).toEqual([])
  await page.getByText('As players see it').click()
})

test('unsaved texts in any script are previewed, and a save shows the differences first', async () => {
  const { page } = opened
  await page.getByLabel('Language to add').fill('ar')
  await page.getByRole('button', { name: 'Add language' }).click()
  const row = page.getByRole('group', { name: 'ar' })
  await row.getByLabel('Name').fill('القمر')
  await page.getByRole('group', { name: 'en' }).getByLabel('Name').fill('Luna II')
  await page.locator('.dialect').last().getByText('Luna II').first().waitFor()
  await page.getByLabel('Language of the previews').selectOption('ar')
  await page.locator('.dialect').first().getByText('القمر').first().waitFor()
  expect(await inspect(page, 'achievement-edited')).toEqual([])
  await page.keyboard.press('Control+s')
  const dialog = page.getByRole('dialog')
  await dialog.getByText('name.translations.ar').waitFor()
  await dialog.getByText('Luna II').waitFor()
  expect(await inspect(page, 'achievement-save')).toEqual([])
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved').waitFor()
  expect((await stored()).name).toMatchObject({ text: 'Luna II', translations: { de: 'Mond', ar: 'القمر' } })
})

test('a language’s row stays where it is while it is filled', async () => {
  const { page } = opened
  // A language of another achievement is offered here too.
  const achievement = {
    titleId: TITLE,
    achievementId: 'mars',
    name: { text: 'Mars', translations: { fi: 'Mars' } },
  }
  await running.call('AchievementService/CreateAchievement', { achievement })
  await page.reload()
  const row = page.getByRole('group', { name: 'fi Finnish missing' })
  await row.waitFor()
  const languages = await page.locator('.texts-locale code').allTextContents()
  await row.getByLabel('Name').click()
  await page.keyboard.type('Kuu')
  await page.locator('.dialect').first().getByText('Luna II').first().waitFor()
  await page.keyboard.type(' II')
  expect(await page.evaluate('document.activeElement.value')).toBe('Kuu II')
  expect(await page.locator('.texts-locale code').allTextContents()).toEqual(languages)
  await page.getByRole('button', { name: 'Discard' }).click()
})

test('a value that the server refuses is marked at its field, and is not stored', async () => {
  const { page } = opened
  await page.getByLabel('Requirement id').fill('')
  await page.locator('.problem').first().waitFor()
  expect(await page.locator('#field-requirements .problem').first().textContent()).toContain('must')
  await page.getByRole('button', { name: 'Discard' }).click()
})

test('a page with unsaved edits is left only after a question', async () => {
  const { page } = opened
  await page.getByLabel('Reported by servers only').check()
  const questions: string[] = []
  const confirmNext = (accept: boolean) =>
    page.once('dialog', (dialog) => {
      questions.push(dialog.message())
      return accept ? dialog.accept() : dialog.dismiss()
    })
  confirmNext(false)
  await page.getByRole('link', { name: 'Titles' }).click()
  expect(await page.getByLabel('Reported by servers only').isChecked()).toBe(true)
  confirmNext(true)
  await page.getByRole('link', { name: 'Titles' }).click()
  await page.getByRole('link', { name: TITLE }).last().waitFor()
  expect(questions).toEqual(Array(2).fill(expect.stringContaining('not saved')))
  await page.goBack()
  expect(await page.getByLabel('Reported by servers only').isChecked()).toBe(false)
})

test('two people who edit one achievement see both versions, and neither change is lost', async () => {
  const { page } = opened
  await page.getByLabel('Hidden until it is unlocked').check()
  const { etag } = await stored()
  await running.call('AchievementService/UpdateAchievement', {
    achievement: { titleId: TITLE, achievementId: ID, etag, tags: ['story', 'moon'] },
    updateMask: 'tags',
  })
  await page.getByRole('button', { name: 'Save…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'The achievement was changed meanwhile' })
  await dialog.getByText('tags[1]').waitFor()
  await dialog.getByText('hidden', { exact: true }).waitFor()
  expect(await inspect(page, 'achievement-conflict')).toEqual([])
  await dialog.getByRole('button', { name: 'Put my changes on top of it' }).click()
  await page.getByRole('button', { name: 'Save…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
  await expect.poll(stored).toMatchObject({ hidden: true, tags: ['story', 'moon'] })
})

test('a revision is compared with the current state and restored', async () => {
  const { page } = opened
  await page.getByRole('button', { name: 'Revisions' }).click()
  const dialog = page.getByRole('dialog', { name: 'Revisions' })
  await dialog.locator('summary').last().click()
  expect(await inspect(page, 'achievement-revisions')).toEqual([])
  await dialog.getByRole('button', { name: 'Restore this revision' }).click()
  await page.getByRole('button', { name: 'Restore', exact: true }).click()
  await expect.poll(async () => (await stored()).name.text).toBe('Luna')
})

test('a save whose connection breaks keeps the edits, and is repeated', async () => {
  const { page } = opened
  await page.getByRole('group', { name: 'en' }).getByLabel('Description', { exact: true }).fill('Land twice')
  await page.route('**/UpdateAchievement', (route) => route.abort('connectionreset'))
  await page.getByRole('button', { name: 'Save…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await dialog.getByRole('alert').getByText('the server cannot be reached').waitFor()
  await page.unroute('**/UpdateAchievement')
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(await stored()).toMatchObject({ description: { text: 'Land twice' } })
})

test('an expired token keeps the edits, and the save is repeated after the sign-in', async () => {
  const auth = await createAuth([TITLE])
  await using checked = await startServer({ databaseUrl: running.databaseUrl, env: auth.env })
  await using other = await openPage(`${checked.url}/console/titles/${TITLE}/achievements/${ID}`)
  const { page } = other
  const signIn = async (credential: string) => {
    await page.getByLabel('Key or token').fill(credential)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await signIn(auth.service)
  await page.getByLabel('Hidden until it is unlocked').waitFor()
  await page.getByLabel('Tags', { exact: true }).fill('kept')
  await page.getByRole('button', { name: 'Save…' }).click()
  let isExpired = false
  await page.route('**/UpdateAchievement', async (route) => {
    const { authorization, ...headers } = route.request().headers()
    const isSave = route.request().postDataJSON().validateOnly !== true
    const isSent = isExpired || !isSave
    isExpired ||= isSave
    await route.continue({
      headers: isSent && authorization !== undefined ? { ...headers, authorization } : headers,
    })
  })
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
  await signIn(auth.operator)
  await page.getByText('Saved').waitFor()
  expect((await stored()).tags).toEqual(['kept'])
})

test('a player reads no definition, and may change none', async () => {
  const auth = await createAuth([TITLE])
  await using checked = await startServer({ databaseUrl: running.databaseUrl, env: auth.env })
  await using other = await openPage(`${checked.url}/console/titles/${TITLE}/achievements/${ID}`)
  const { page } = other
  const token = await auth.player('ann')
  await page.getByLabel('Key or token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('has no permission').waitFor()
  expect(await page.getByRole('button', { name: 'Save…' }).count()).toBe(0)
  const update = { achievement: { titleId: TITLE, achievementId: ID, hidden: false }, updateMask: 'hidden' }
  const url = `${checked.url}/laurel.v1.AchievementService/UpdateAchievement`
  expect((await postJson(url, update, { authorization: `Bearer ${token}` })).status).toBe(403)
})
