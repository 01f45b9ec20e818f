import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { inspect, openPage } from '../support/browser.ts'
import { ensureBundle } from '../support/console-bundle.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startFakeIssuer } from '../support/fake-issuer.ts'
import { startServer } from '../support/server.ts'

let database: TestDatabase
beforeAll(async () => {
  await ensureBundle()
  database = await createTestDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

/** Returns what a page leaves in the browser: its query, its history's state without the entry's number, its storage and its cookies. */
const leftIn = (page: Page) =>
  page.evaluate<string>(
    `location.search + location.hash + (typeof history.state === 'number' ? '' : history.state) + document.cookie +
      [...Object.values(localStorage), ...Object.values(sessionStorage)]`,
  )

test('the caller signs in once the server asks, and what it may not do is not offered', async () => {
  const auth = await createAuth(['one'])
  await using checked = await startServer({ databaseUrl: database.url, env: auth.env })
  await using opened = await openPage(`${checked.url}/console`)
  const { page } = opened
  await page.getByRole('dialog').getByText('Sign in').first().waitFor()
  expect(await inspect(page, 'sign-in')).toEqual([])
  await page.getByLabel('Key or token').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('the credential is unknown').waitFor()
  await page.getByLabel('Key or token').fill(await auth.player('ann'))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('has no permission').waitFor()
  expect(await page.getByRole('button', { name: 'New title' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Key or token').fill(auth.operator)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'New title' }).first().waitFor()
  expect(await leftIn(page)).toEqual('')
})

test('people sign in at an issuer by the code flow with PKCE, in a window of its own', async () => {
  await using issuer = await startFakeIssuer()
  await using checked = await startServer({ databaseUrl: database.url, env: issuer.env })
  await using opened = await openPage(`${checked.url}/console`)
  const { page } = opened
  await page.getByRole('button', { name: 'Sign in at 127.0.0.1' }).click()
  await page.getByText('olga').waitFor()
  await page.getByRole('button', { name: 'New title' }).first().waitFor()
  expect(page.url()).toBe(`${checked.url}/console`)
  expect(issuer.refused).toEqual([])
  expect(await leftIn(page)).toEqual('')
})

test('a response that is not of the sign-in is left alone, and the sign-in goes on', async () => {
  await using issuer = await startFakeIssuer()
  await using checked = await startServer({ databaseUrl: database.url, env: issuer.env })
  await using opened = await openPage(`${checked.url}/console`)
  const { page } = opened
  const signIn = page.getByRole('button', { name: 'Sign in at 127.0.0.1' })
  const asked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  issuer.respond = async (code, state) => {
    asked.resolve()
    await released.promise
    return { code, state }
  }
  await signIn.click()
  await asked.promise
  // A link on another site sends a visitor here with a code of the attacker's account.
  const attack = await page.context().newPage()
  await attack.goto(`${checked.url}/console/signed-in?code=stolen&state=made-up`)
  await attack.getByText('This window can be closed').waitFor()
  expect(new URL(attack.url()).search).toBe('')
  expect(await page.getByRole('alert').count()).toBe(0)
  released.resolve()
  await page.getByText('olga').waitFor()
  expect(issuer.refused).toEqual([])
})

test('the refusal of an issuer is shown in its words, and the sign-in can be repeated', async () => {
  await using issuer = await startFakeIssuer()
  await using checked = await startServer({ databaseUrl: database.url, env: issuer.env })
  await using opened = await openPage(`${checked.url}/console`)
  const { page } = opened
  const signIn = page.getByRole('button', { name: 'Sign in at 127.0.0.1' })
  const { respond } = issuer
  issuer.respond = async (_, state) => ({
    error: 'access_denied',
    error_description: 'olga is not of the team',
    state,
  })
  await signIn.click()
  await page.getByText('the issuer refuses the sign-in: olga is not of the team').waitFor()
  issuer.respond = respond
  await signIn.click()
  await page.getByText('olga', { exact: true }).waitFor()
})

test('an issuer whose page is no web page runs nothing in the console', async () => {
  await using issuer = await startFakeIssuer()
  await using checked = await startServer({ databaseUrl: database.url, env: issuer.env })
  await using opened = await openPage(`${checked.url}/console`)
  const { page } = opened
  issuer.page = 'javascript:opener.attacked=true'
  await page.getByRole('button', { name: 'Sign in at 127.0.0.1' }).click()
  await page.getByRole('alert').getByText('must have an https URL').waitFor()
  expect(await page.evaluate('window.attacked')).toBeUndefined()
})

test('the dialog stays at each Escape, because the calls wait for it', async () => {
  const auth = await createAuth(['one'])
  await using checked = await startServer({ databaseUrl: database.url, env: auth.env })
  await using opened = await openPage(`${checked.url}/console`)
  const { page } = opened
  await page.getByLabel('Key or token').waitFor()
  for (let count = 0; count < 4; count += 1) await page.keyboard.press('Escape')
  await page.getByLabel('Key or token').fill(auth.operator)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'New title' }).first().waitFor()
})
