import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceError } from '@grpc/grpc-js'
import { parser } from '@prometheus-io/lezer-promql'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ProgressServiceClient, UnlockAchievementRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { createAuth } from '../support/auth.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { MOUNTED } from '../support/routes.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

const TITLE = 'metered'
const SECRET_PLAYER = 'player-in-no-log'
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const TRACE = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` }
const HOOK = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const STORM = 300
/** A read of each platform's API. */
const PLATFORM_ROUTES = [...Map.groupBy(MOUNTED, ({ dialect }) => dialect).values()].flatMap(([mounted]) => {
  const route = mounted?.routes.find(({ method }) => method === 'GET')
  return mounted && route ? [{ dialect: mounted.dialect, mount: mounted.mount, route }] : []
})

let database: TestDatabase
let server: ServerProcess
let auth: Awaited<ReturnType<typeof createAuth>>
beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth([TITLE])
  const env = { ...auth.env, LAUREL_WORKERS: '2', LAUREL_LOG_LEVEL: 'debug', LAUREL_CREDENTIAL_HOOK: HOOK }
  server = await startServerProcess({ databaseUrl: database.url, env })
  await rpc('TitleService/CreateTitle', {
    title: { titleId: TITLE, displayName: 'Metered', defaultLocale: 'en' },
  })
  const text = { locale: 'en', text: 'First' }
  const achievement = { titleId: TITLE, achievementId: 'first', name: text, description: text }
  await rpc('AchievementService/CreateAchievement', { achievement })
  const destination = {
    titleId: TITLE,
    destinationId: 'hooks',
    dialect: 'webhook',
    credential: 'env:LAUREL_CREDENTIAL_HOOK',
    url: 'https://hooks.test/',
  }
  expect((await rpc('DestinationService/CreateDestination', { destination })).status).toBe(200)
  await makeTraffic()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const headers = () => ({ authorization: `Bearer ${auth.operator}` })

async function rpc(method: string, body: object, extra: Record<string, string> = {}): Promise<Response> {
  const init = { method: 'POST', body: JSON.stringify(body) }
  const type = { 'content-type': 'application/json' }
  return fetch(`${server.url}/laurel.v1.${method}`, { ...init, headers: { ...type, ...headers(), ...extra } })
}

const key = { titleId: TITLE, playerId: SECRET_PLAYER, achievementId: 'first' }

/** Calls over gRPC, Connect, a platform's API and `/events`, with refused ones of each. */
async function makeTraffic(): Promise<void> {
  using client = createClient(ProgressServiceClient, server.address)
  const metadata = headers()
  const unlock = (achievementId: string, settings: object) =>
    callUnary(
      client,
      'unlockAchievement',
      UnlockAchievementRequest.fromPartial({ ...key, achievementId }),
      settings,
    )
  await unlock('first', { metadata })
  const code = (error: ServiceError) => error.code
  expect(await unlock('missing', { metadata: { ...metadata, ...TRACE } }).catch(code)).toBe(5)
  expect(await unlock('first', {}).catch(code)).toBe(16)
  expect((await rpc('ProgressService/GetProgress', key)).status).toBe(200)
  expect((await rpc('ProgressService/GetProgress', { ...key, nonsense: 1 }, TRACE)).status).toBe(400)
  expect((await fetch(`${server.url}/events?title_id=${TITLE}`)).status).toBe(401)
  for (const { mount, route } of PLATFORM_ROUTES) {
    await fetch(server.url + mount + route.path.replaceAll(/:\w+/g, 'unknown'), { headers: headers() })
  }
  await failInDatabase()
  await Promise.all(Array.from({ length: STORM }, () => rpc('TitleService/GetTitle', { titleId: 'none' })))
}

/**
 * Ends each backend that waits for a lock until a call fails for it: the server's own statements may wait too. On a cluster, the
 * coordinator has the table.
 */
async function failInDatabase(): Promise<void> {
  const holder = new pg.Client({ connectionString: database.url })
  await holder.connect()
  await holder.query('begin; lock table audit_entries')
  let isEnded = false
  const failing = rpc('AuditService/ListAuditEntries', { titleId: TITLE }).finally(() => {
    isEnded = true
  })
  const waiting = `pid <> pg_backend_pid() and datname = current_database() and wait_event_type = 'Lock'`
  while (!isEnded) {
    await holder.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${waiting}`)
    await sleep(20)
  }
  await holder.end()
  expect((await failing).status).toBe(503)
}

async function scrape(): Promise<string> {
  const response = await fetch(`${server.url}/metrics`, { headers: headers() })
  expect(response.status).toBe(200)
  return response.text()
}

/** Returns the names of all series. */
function seriesOf(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => /^([a-z]\w*(?:\{.*\})?) \S+$/.exec(line)?.[1] ?? [])
}

interface LogLine {
  readonly level: string
  readonly msg: string
  readonly method?: string
  readonly code?: string
  readonly reason?: string
  readonly principal?: string
  readonly traceId?: string
  readonly durationMilliseconds?: number
  readonly omitted?: number
}

function linesOfLog(): readonly LogLine[] {
  const lines = server.output().split('\n')
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine)
}

test('one scrape has the calls of every wire, by method and status, in all workers', async () => {
  const text = await scrape()
  const count = (system: string, method: string, code = '') =>
    text
      .split('\n')
      .filter((line) => line.startsWith('rpc_server_call_duration_count'))
      .filter((line) => [system, method, code].every((value) => line.includes(`"${value}`)))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  expect(count('grpc', 'laurel.v1.ProgressService/UnlockAchievement', 'OK')).toBe(1)
  expect(count('grpc', 'laurel.v1.ProgressService/UnlockAchievement', 'NOT_FOUND')).toBe(1)
  expect(count('grpc', 'laurel.v1.ProgressService/UnlockAchievement', 'UNAUTHENTICATED')).toBe(1)
  expect(count('connectrpc', 'laurel.v1.ProgressService/GetProgress', 'OK')).toBe(1)
  expect(count('connectrpc', 'laurel.v1.ProgressService/GetProgress', 'INVALID_ARGUMENT')).toBe(1)
  expect(count('connectrpc', 'laurel.v1.TitleService/GetTitle', 'NOT_FOUND')).toBe(STORM)
  expect(count('sse', '/events', 'UNAUTHENTICATED')).toBe(1)
  for (const { dialect, route } of PLATFORM_ROUTES) expect(count(dialect, route.name)).toBe(1)
  for (const worker of ['1', '2'])
    expect(text).toMatch(new RegExp(`^process_uptime\\{.*worker="${worker}"\\}`, 'm'))
})

test('scrapes at the same time have every gauge of every worker', async () => {
  for (const text of await Promise.all(Array.from({ length: 8 }, scrape)))
    for (const gauge of ['laurel_reports_waiting', 'laurel_clock_difference', 'laurel_destination_paused'])
      expect(text.match(new RegExp(`^${gauge}\\{`, 'gm')), gauge).toHaveLength(2)
})

test('paths, ids and callers add no series', async () => {
  const load = async () => {
    const unknown = Array.from({ length: 50 }, () => `${server.url}/nowhere/${crypto.randomUUID()}`)
    await Promise.all(unknown.map((url) => fetch(url)))
    const ids = Array.from({ length: 50 }, () => crypto.randomUUID())
    await Promise.all(ids.map((titleId) => rpc('TitleService/GetTitle', { titleId }, { 'x-id': titleId })))
    await Promise.all(ids.map((id) => rpc(`TitleService/Get${id}`, {})))
    // A series belongs to the worker that served the call.
    return new Set(seriesOf(await scrape()).map((name) => name.replace(/worker="\d+"/, '')))
  }
  await load()
  const before = await load()
  expect(before.size).toBeGreaterThan(100)
  expect(
    [...(await load())].filter((name) => !before.has(name) && !/v8js|eventloop_delay/.test(name)),
  ).toEqual([])
})

const DASHBOARD = new URL('../../src/deploy/grafana/laurel.json', import.meta.url)
const ALERTS = new URL('../../src/deploy/prometheus/alerts.yml', import.meta.url)

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

/** Returns all expressions, with the title of their panel or alert. */
function expressions(): readonly (readonly [title: string, expression: string])[] {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { readonly panels: readonly Panel[] }
  const { groups } = parse(readFileSync(ALERTS, 'utf8')) as {
    readonly groups: readonly {
      readonly rules: readonly { readonly alert: string; readonly expr: string }[]
    }[]
  }
  const ofPanels = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [title, expr] as const),
  )
  const ofAlerts = groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr] as const))
  return [...ofPanels, ...ofAlerts]
}

/** One scrape for all expressions. The event loop's delay is missing if it was not sampled since the scrape before. */
const laterScrape = lazily(async () => {
  await sleep(500)
  return scrape()
})

function lazily<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => {
    made ??= make()
    return made
  }
}

test.each(expressions())('%s: %s names metrics and labels that exist', async (_title, expression) => {
  const text = expression.replaceAll('$__rate_interval', '5m')
  const series = seriesOf(await laterScrape())
  const selectors: { name: string; labels: string[] }[] = []
  const labels: string[] = []
  parser.parse(text).iterate({
    enter({ type, from, to, node }) {
      expect(type.isError, text.slice(from, to)).toBe(false)
      if (type.name === 'VectorSelector') {
        const name = node.getChild('Identifier')
        const matchers = node.getChild('LabelMatchers')
        const written = matchers === null ? '' : text.slice(matchers.from, matchers.to)
        const names = [...written.matchAll(/(\w+)\s*(?==~?"|!=|!~)/g)].map(([, label = '']) => label)
        selectors.push({ name: text.slice(name?.from, name?.to), labels: names })
      }
      if (type.name === 'GroupingLabels') labels.push(...text.slice(from + 1, to - 1).split(/\s*,\s*/))
    },
  })
  expect(selectors.length).toBeGreaterThan(0)
  for (const selector of selectors) {
    const found = series.filter((name) => name === selector.name || name.startsWith(`${selector.name}{`))
    expect(found, selector.name).not.toEqual([])
    for (const label of [...selector.labels, ...labels]) {
      expect(
        found.some((name) => name.includes(`${label}="`)),
        `${selector.name}{${label}}`,
      ).toBe(true)
    }
  }
})

test('each refused call is one line with its method, caller, reason, duration and trace, and no request', () => {
  const refused = linesOfLog().filter(({ msg }) => msg === 'a call was refused')
  const found = refused.find(({ reason }) => reason === 'ACHIEVEMENT_NOT_FOUND')
  expect(found).toMatchObject({
    level: 'info',
    method: 'laurel.v1.ProgressService/UnlockAchievement',
    code: 'NOT_FOUND',
    principal: 'operator',
    traceId: TRACE_ID,
    durationMilliseconds: expect.any(Number),
  })
  expect(refused.filter(({ code }) => code === 'UNAUTHENTICATED')).toHaveLength(2)
  expect(refused.filter(({ method }) => method?.endsWith('/GetProgress'))).toEqual([
    expect.objectContaining({ code: 'INVALID_ARGUMENT', traceId: TRACE_ID }),
  ])
  expect(server.output()).not.toContain(SECRET_PLAYER)
  expect(server.output()).not.toContain(auth.operator)
  expect(server.output()).not.toContain(HOOK)
})

test('a storm of refused calls is some lines for each worker, and each successful call a line of debug', () => {
  const lines = linesOfLog()
  const ofStorm = lines.filter(
    ({ reason, method }) => reason === 'TITLE_NOT_FOUND' && method?.endsWith('/GetTitle'),
  )
  expect(ofStorm.length).toBeGreaterThanOrEqual(10)
  expect(ofStorm.length).toBeLessThanOrEqual(2 * 10)
  const successful = lines.filter(
    ({ msg, method }) => msg === 'a call ended' && method?.endsWith('/CreateTitle'),
  )
  expect(successful).toEqual([expect.objectContaining({ level: 'debug', code: 'OK' })])
})

test('a deleted destination has no series any more', async () => {
  const isShown = async () => (await scrape()).includes('destination_id="hooks"')
  expect(await isShown()).toBe(true)
  await rpc('DestinationService/DeleteDestination', { titleId: TITLE, destinationId: 'hooks' })
  expect(await isShown()).toBe(false)
})
