import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { addConsole } from '../../src/http/console.ts'
import { type ConsolePage, inspect, openPage } from '../support/browser.ts'
import { ensureBundle, initialBytes } from '../support/console-bundle.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { postJson } from '../support/post-json.ts'
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

  test('are found from the root of the server', async () => {
    expect((await fetch(server.url)).url).toBe(`${server.url}/console`)
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
    // Two clicks create once: the second call would fail, and its error would stay.
    const created: string[] = []
    page.on('request', (request) => created.push(...(/CreateTitle$/.exec(request.url()) ?? [])))
    await page.getByRole('button', { name: 'Create' }).dblclick()
    await page.waitForURL(`**/console/titles/${encodeURIComponent('لعبة')}`)
    expect(created).toHaveLength(1)
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
  await page.getByRole('heading', { name: 'Lanternfall ランタン' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Lanternfall ランタン' }).waitFor()
  expect(await group.getByLabel(name, { exact: true }).inputValue()).toBe(
    fixturesOf(dialect?.id ?? '').binding(7)[name],
  )
})

test('a title that another person changed meanwhile shows that change, and keeps both', async () => {
  await using opened = await openPage(`${server.url}/console/titles/lanternfall/settings`)
  const { page } = opened
  await page.getByLabel('Name', { exact: true }).fill('Mine')
  const title = { titleId: 'lanternfall', defaultLocale: 'fr' }
  await postJson(`${server.url}/laurel.v1.TitleService/UpdateTitle`, { title, updateMask: 'defaultLocale' })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alert').getByText('The title was changed meanwhile').waitFor()
  await page
    .getByRole('alert')
    .getByRole('row')
    .filter({ hasText: 'defaultLocale' })
    .getByText('fr')
    .waitFor()
  expect(await inspect(page, 'title-conflict')).toEqual([])
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'Mine' }).waitFor()
  const { body } = await postJson(`${server.url}/laurel.v1.TitleService/GetTitle`, { titleId: 'lanternfall' })
  expect(body).toMatchObject({ title: { displayName: 'Mine', defaultLocale: 'fr' } })
})

test('LAUREL_CONSOLE=off serves no console', async () => {
  await using without = await startServer({ databaseUrl: database.url, env: { LAUREL_CONSOLE: 'off' } })
  for (const path of ['/console', '/']) expect((await fetch(without.url + path)).status).toBe(404)
})

test('without a bundle, one sentence says how to build it', async () => {
  const app = fastify()
  addConsole(app, { signIns: () => [], folder: `${import.meta.dirname}/missing` })
  const { statusCode, body } = await app.inject('/console/titles')
  expect([statusCode, body]).toEqual([503, expect.stringContaining('npm run prepare')])
})
