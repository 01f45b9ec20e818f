import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { addConsole } from '../../src/http/console.ts'
import { createAuth } from '../support/auth.ts'
import { type ConsolePage, inspect, openPage } from '../support/browser.ts'
import { ensureBundle, initialBytes } from '../support/console-bundle.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { startFakeIssuer } from '../support/fake-issuer.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const MAX_INITIAL_BYTES = 60_000

let database: TestDatabase
let server: RunningServer
beforeAll(async () => {
  await ensureBundle()
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

describe('the files of the console', () => {
  test('are at most 60 kB before the first page', () => {
    expect(initialBytes()).toBeLessThan(MAX_INITIAL_BYTES)
  })

  test('are served with a policy without anything inline, compressed and cached by their hash', async () => {
    const index = await fetch(`${server.url}/console/titles/any`, { headers: { 'accept-encoding': 'gzip' } })
    expect(index.status).toBe(200)
    expect(index.headers.get('content-encoding')).toBe('gzip')
    expect(index.headers.get('cache-control')).toBe('no-cache')
    const policy = index.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(index.headers.get('x-content-type-options')).toBe('nosniff')
    const [, script = ''] = /src="([^"]+)"/.exec(await index.text()) ?? []
    const asset = await fetch(server.url + script, { headers: { 'accept-encoding': 'br' } })
    expect(asset.headers.get('content-encoding')).toBe('br')
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect((await fetch(`${server.url}/console/assets/other.js`)).status).toBe(404)
    const again = await fetch(`${server.url}/console`, {
      headers: {
        'if-none-match': index.headers.get('etag') ?? '',
        'accept-encoding': 'gzip',
        // As browsers send it; fetch in Node would demand a full response.
        'cache-control': 'max-age=0',
      },
    })
    expect(again.status).toBe(304)
  })
})

describe('the titles', () => {
  let opened: ConsolePage
  beforeAll(async () => {
    opened = await openPage(`${server.url}/console`)
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  test('begin with the import of the sample', async () => {
    const { page } = opened
    await page.getByText('There are no titles yet').waitFor()
    expect(await inspect(page, 'titles-empty')).toEqual([])
    await page.getByRole('button', { name: 'Import the sample' }).click()
    await page.waitForURL('**/console/titles/*')
    await page.goBack()
    await page.getByRole('link', { name: 'lanternfall' }).waitFor()
    expect(await inspect(page, 'titles')).toEqual([])
  })

  test('can be created, in any script, and a taken id is shown', async () => {
    const { page } = opened
    await page.getByRole('button', { name: 'New title' }).click()
    await page.getByLabel('Id').fill('lanternfall')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('alert').getByText('lanternfall').waitFor()
    expect(await inspect(page, 'titles-create')).toEqual([])
    await page.getByLabel('Id').fill('لعبة')
    await page.getByLabel('Name').fill('لعبة الفوانيس')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.waitForURL(`**/console/titles/${encodeURIComponent('لعبة')}`)
  })
})

test('a title is bound to its ids at platforms, and a wrong id is marked at its field', async () => {
  await using opened = await openPage(`${server.url}/console/titles/lanternfall/settings`)
  const { page } = opened
  await page.getByLabel('Name', { exact: true }).fill('Lanternfall ランタン')
  const [dialect] = adapters.filter(({ ids }) =>
    Object.values(ids.binding).some(({ accepts }) => !accepts('not an id')),
  )
  const [name = '', { form = '' } = {}] =
    Object.entries(dialect?.ids.binding ?? {}).find(([, { accepts }]) => !accepts('not an id')) ?? []
  const group = page.getByRole('group', { name: dialect?.displayName ?? '' })
  await group.getByLabel(name, { exact: true }).fill('not an id')
  await page.getByRole('button', { name: 'Save' }).click()
  await group.getByText(`must be ${form}`).first().waitFor()
  expect(await inspect(page, 'title')).toEqual([])
  await group.getByLabel(name, { exact: true }).fill(fixturesOf(dialect?.id ?? '').binding(7)[name] ?? '')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved').waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Lanternfall ランタン' }).waitFor()
  expect(await group.getByLabel(name, { exact: true }).inputValue()).toBe(
    fixturesOf(dialect?.id ?? '').binding(7)[name],
  )
})

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
})

test('LAUREL_CONSOLE=off serves no console', async () => {
  await using without = await startServer({ databaseUrl: database.url, env: { LAUREL_CONSOLE: 'off' } })
  expect((await fetch(`${without.url}/console`)).status).toBe(404)
})

test('without a bundle, one sentence says how to build it', async () => {
  const app = fastify()
  addConsole(app, { signIns: () => [], folder: `${import.meta.dirname}/missing` })
  const { statusCode, body } = await app.inject('/console/titles')
  expect([statusCode, body]).toEqual([503, expect.stringContaining('npm run prepare')])
})
