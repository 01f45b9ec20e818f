import { globSync } from 'node:fs'
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApp } from '../app.ts'
import { readConfig } from '../config.ts'
import type { Loss } from '../dialect/losses.ts'
import {
  ExchangeServiceClient,
  ExportProgressRequest,
  ImportAchievementsRequest,
} from '../gen/laurel/v1/exchange_service.ts'
import { CreatePlayerRequest, PlayerServiceClient } from '../gen/laurel/v1/player_service.ts'
import { ProgressServiceClient, StatOperation } from '../gen/laurel/v1/progress_service.ts'
import { TitleServiceClient, UpdateTitleRequest } from '../gen/laurel/v1/title_service.ts'
import { dialects } from '../registry.ts'
import { createLog } from '../telemetry/log.ts'
import { callDuplex, callUnary, connect, responsesOf } from './client.ts'
import { explain } from './failure.ts'
import { Interrupted, untilInterrupted } from './interrupt.ts'
import { lossOf } from './losses.ts'
import { print, table } from './terminal.ts'

const SAMPLES = new URL('samples/', import.meta.url)
const TITLE = 'lanternfall'
const PLAYER = 'mira'
const STAT = 'lanterns-lit'
const ACHIEVEMENTS = ['first-lantern', 'keeper-of-flames']
const DIALECTS = [...dialects.values()]

/** The document that the demo begins with, in the dialect that its name says. */
const [SAMPLE = ''] = globSync(`${TITLE}.*.json`, { cwd: SAMPLES })
const [, FROM = ''] = SAMPLE.split('.')

const SHOWN_LOSSES = [
  '$.achievement.id',
  '$.achievement.name.translations.de',
  '$.achievement.tags',
  '$.achievement.requirements[0].statCode',
  '$.progress.values',
  '$.progress.values.goal',
  '$.progress.percent',
]

const TRY_NEXT = [
  'Try next:',
  `  npm run --silent laurel -- translate --from ${FROM} --to ${DIALECTS.find(({ id }) => id !== FROM)?.id} \\`,
  `    src/cli/samples/${SAMPLE}     translates a document, and lists every loss`,
  '  npm start                                        serves gRPC and the platforms’ HTTP APIs',
  '  README.md                                        a tour of ten minutes, with that server',
]

// The reader has what it wanted, as in `npm run demo | head`: the server of its own is stopped all the same.
let isCutOff = false
process.stdout.on('error', () => {
  isCutOff = true
  process.emit('SIGTERM', 'SIGTERM')
})

try {
  await untilInterrupted(demonstrate)
} catch (error) {
  if (!isCutOff) {
    const [first, ...others] = explain(error)
    print([`laurel: ${first}`, ...others], process.stderr)
  }
  process.exitCode = error instanceof Interrupted ? 130 : 1
}
if (isCutOff) process.exitCode = 141

async function demonstrate(signal: AbortSignal): Promise<void> {
  print(['Laurel demo, on a server and an empty database of its own, which are removed at the end.', ''])
  await using server = await startTemporaryServer()
  const { address } = server
  signal.throwIfAborted()
  await importSample(address, signal)
  await bindIds(address, signal)
  await begin(address, signal)
  const before = await exportAll(address, signal)
  await recordProgress(address, signal)
  const after = await exportAll(address, signal)
  print(['', `What that changed in each platform's JSON of ${PLAYER}:`, ...changeTable(before, after)])
  print(['', ...lossTable(after.map(({ losses }) => losses)), '', ...TRY_NEXT])
}

async function importSample(address: string, signal: AbortSignal): Promise<void> {
  using client = await connect(ExchangeServiceClient, { address })
  const options = ImportAchievementsRequest.fromPartial({ dialect: FROM, titleId: TITLE })
  const request = { ...options, content: await readFile(new URL(SAMPLE, SAMPLES)) }
  const requests = (async function* () {
    yield request
  })()
  for await (const { summary } of callDuplex(() => client.importAchievements(), requests, signal)) {
    if (summary !== undefined)
      print([`Imported ${SAMPLE}: ${summary.newCount} achievements, ${summary.lossCount} losses`])
  }
}

/** Binds title and player to the ids of the README's tour. */
async function bindIds(address: string, signal: AbortSignal): Promise<void> {
  using titles = await connect(TitleServiceClient, { address })
  const bound: [string, { ids: object }][] = Object.entries((await sample('bind-title.json')).title.bindings)
  const bindings = new Map(
    bound.map(([dialect, { ids }]) => [dialect, { ids: new Map(Object.entries(ids)) }]),
  )
  const title = UpdateTitleRequest.fromPartial({ title: { titleId: TITLE, bindings } })
  await callUnary(titles, titles.updateTitle, title, signal)
  using players = await connect(PlayerServiceClient, { address })
  const known: SampleAccount[] = (await sample('create-player.json')).player.accounts
  const accounts = known.map(({ dialect, account_id }) => ({ dialect, accountId: account_id }))
  const player = CreatePlayerRequest.fromPartial({ player: { playerId: PLAYER, accounts } })
  await callUnary(players, players.createPlayer, player, signal)
  print([`Bound title ${TITLE} and player ${PLAYER} to their ids in ${[...dialects.keys()].join(', ')}`])
}

type SampleAccount = { readonly dialect: string; readonly account_id: string }

// biome-ignore lint/suspicious/noExplicitAny: JSON of a request
async function sample(file: string): Promise<any> {
  return JSON.parse(await readFile(new URL(file, SAMPLES), 'utf8'))
}

/** Begins both achievements, so that every platform has rows of them. */
async function begin(address: string, signal: AbortSignal): Promise<void> {
  using client = await connect(ProgressServiceClient, { address })
  const shared = { titleId: TITLE, playerId: PLAYER, occurredTime: undefined, requestId: '' }
  const updates = [{ statCode: STAT, operation: StatOperation.INCREMENT, value: 1 }]
  await callUnary(client, client.recordStats, { ...shared, updates }, signal)
  const report = { $case: 'percent' as const, value: 1 }
  const begun = { ...shared, achievementId: 'first-lantern', report }
  await callUnary(client, client.recordProgress, begun, signal)
}

async function recordProgress(address: string, signal: AbortSignal): Promise<void> {
  using client = await connect(ProgressServiceClient, { address })
  const shared = { titleId: TITLE, playerId: PLAYER, occurredTime: undefined, requestId: '' }
  const updates = [{ statCode: STAT, operation: StatOperation.INCREMENT, value: 36 }]
  const stats = await callUnary(client, client.recordStats, { ...shared, updates }, signal)
  for (const { progress } of stats.progressResults) {
    print([
      `Recorded 36 more lanterns lit: ${progress?.achievementId} follows that stat, now ${progress?.percent} %`,
    ])
  }
  const unlock = { ...shared, achievementId: 'first-lantern' }
  for (const verb of ['Unlocked', 'Repeated']) {
    const result = await callUnary(client, client.unlockAchievement, unlock, signal)
    const { newlyUnlocked, alreadyUnlocked } = result
    print([`${verb} first-lantern: newly unlocked ${newlyUnlocked}, already unlocked ${alreadyUnlocked}`])
  }
}

interface Exported {
  /** The rows of the achievements, in list order. */
  readonly rows: readonly unknown[]
  readonly losses: readonly Loss[]
}

/** Exports the player's progress in every dialect. */
async function exportAll(address: string, signal: AbortSignal): Promise<readonly Exported[]> {
  using client = await connect(ExchangeServiceClient, { address })
  const exports: Exported[] = []
  for (const { id: dialect, envelope } of DIALECTS) {
    const request = ExportProgressRequest.fromPartial({ dialect, titleId: TITLE, playerId: PLAYER })
    const parts = await Array.fromAsync(responsesOf(() => client.exportProgress(request), signal))
    const document = JSON.parse(Buffer.concat(parts.map(({ content }) => content)).toString())
    const rows = [document, ...envelope.lists.map((list) => document[list])].find(Array.isArray)
    exports.push({ rows: rows ?? [], losses: parts.flatMap(({ losses }) => losses.map(lossOf)) })
  }
  return exports
}

function changeTable(before: readonly Exported[], after: readonly Exported[]): readonly string[] {
  const rows = DIALECTS.flatMap(({ id }, index) => {
    const columns = ACHIEVEMENTS.map((_, row) => changesOf(before[index]?.rows[row], after[index]?.rows[row]))
    const height = Math.max(...columns.map(({ length }) => length))
    return Array.from({ length: height }, (_, line) => [
      line === 0 ? id : '',
      ...columns.map((changes) => changes[line] ?? ''),
    ])
  })
  return table(['', ...ACHIEVEMENTS], rows)
}

/** Returns the members that are new or have another value, as `name: value`. */
function changesOf(before: unknown, after: unknown, name = ''): readonly string[] {
  if (typeof after !== 'object' || after === null) return before === after ? [] : [`${name}: ${after}`]
  const earlier = (before ?? {}) as Readonly<Record<string, unknown>>
  return Object.entries(after).flatMap(([member, value]) => changesOf(earlier[member], value, member))
}

function lossTable(losses: readonly (readonly Loss[])[]): readonly string[] {
  const counts = DIALECTS.map(({ id }, index) => `${losses[index]?.length} for ${id}`)
  const rows = DIALECTS.flatMap(({ id }, index) =>
    SHOWN_LOSSES.flatMap((path) => {
      const loss = losses[index]?.find((each) => each.path.replace(/^\$\[\d+\]/, '$') === path)
      return loss === undefined
        ? []
        : [[id, loss.kind, path.slice(2), valueText(loss.from), valueText(loss.to)]]
    }),
  )
  return [
    `What each translation lost: ${counts.join(', ')}. For example:`,
    ...table(['', 'loss', 'path', 'from', 'to'], rows),
  ]
}

function valueText(value: Loss['from']): string {
  return value === undefined ? '(nothing)' : JSON.stringify(value)
}

async function startTemporaryServer(): Promise<AsyncDisposable & { readonly address: string }> {
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'laurel-demo-'))
  started.defer(() => rm(folder, { recursive: true, force: true }))
  // When root runs the demo, another user runs Postgres and must be able to enter the folder.
  await chmod(folder, 0o755)
  started.defer(() => removeLinkedHome(folder))
  const config = readConfig({
    LAUREL_GRPC_ADDRESS: '127.0.0.1:0',
    LAUREL_HTTP_ADDRESS: '127.0.0.1:0',
    LAUREL_DATA_DIR: folder,
  })
  const app = await startApp(config, createLog('error'))
  started.defer(() => app.stop())
  const running = started.move()
  return { address: app.grpcAddress, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Removes the data that a symbolic link in the folder points to, if root could not keep it in the folder itself. */
async function removeLinkedHome(folder: string): Promise<void> {
  const home = await realpath(join(folder, 'postgres')).catch(() => undefined)
  if (home !== undefined) await rm(home, { recursive: true, force: true })
}
