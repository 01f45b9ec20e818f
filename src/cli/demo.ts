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
import { createLog } from '../telemetry/log.ts'
import { callDuplex, callUnary, connect, responsesOf } from './client.ts'
import { explain } from './failure.ts'
import { Interrupted, untilInterrupted } from './interrupt.ts'
import { lossOf } from './losses.ts'
import { print, table } from './terminal.ts'

const SAMPLE = new URL('samples/lanternfall.accelbyte.json', import.meta.url)
const TITLE = 'lanternfall'
const PLAYER = 'mira'
const ACHIEVEMENTS = ['first-lantern', 'keeper-of-flames']

/** A platform: its ids of the title and the player, and the members of its JSON that the demo shows. */
interface Platform {
  readonly name: string
  readonly dialect: string
  readonly titleIds: Readonly<Record<string, string>>
  readonly accountId: string
  /** Returns state, value and unlock time of each achievement, in list order. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the platform
  readonly cells: (document: any) => readonly (readonly [string, string, string])[]
}

const PLATFORMS: readonly Platform[] = [
  {
    name: 'Xbox',
    dialect: 'xbox',
    titleIds: { title_id: '2134675875' },
    accountId: '2814651093377005',
    cells: ({ achievements }) =>
      achievements.map(({ progressState, progression: { requirements, timeUnlocked } }: Json) => {
        const [value] = requirements
        const current = value === undefined ? '-' : `current: ${value.current}, target: ${value.target}`
        return [`progressState: ${progressState}`, current, timeUnlocked]
      }),
  },
  {
    name: 'Discord',
    dialect: 'discord',
    titleIds: { application_id: '461618159171141643' },
    accountId: '213866895806300161',
    cells: (rows) =>
      rows.map(({ percent_complete, unlocked_at }: Json) => [
        `percent_complete: ${percent_complete}`,
        '-',
        String(unlocked_at),
      ]),
  },
  {
    name: 'AccelByte',
    dialect: 'accelbyte',
    titleIds: { namespace: TITLE },
    accountId: '7f3c1e9a4b5d4c0f9a8e6d2b1c0f5e7d',
    cells: ({ data }) =>
      data.map(({ status, latestValue, achievedAt }: Json) => [
        `status: ${status}`,
        `latestValue: ${latestValue}`,
        achievedAt,
      ]),
  },
]

// biome-ignore lint/suspicious/noExplicitAny: JSON of the platform
type Json = any

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
  '  npm run --silent laurel -- translate --from accelbyte --to discord \\',
  '    src/cli/samples/lanternfall.accelbyte.json     translates a document, and lists every loss',
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
  await recordProgress(address, signal)
  const exports = []
  for (const { dialect } of PLATFORMS) exports.push(await exportProgress(address, dialect, signal))
  print(['', `What each platform shows of ${PLAYER}:`, ...progressTable(exports.map(({ json }) => json))])
  const losses = exports.map((each) => each.losses)
  print(['', ...lossTable(losses), '', ...TRY_NEXT])
}

async function importSample(address: string, signal: AbortSignal): Promise<void> {
  using client = await connect(ExchangeServiceClient, { address })
  const options = ImportAchievementsRequest.fromPartial({ dialect: 'accelbyte', titleId: TITLE })
  const request = { ...options, content: await readFile(SAMPLE) }
  const requests = (async function* () {
    yield request
  })()
  for await (const { summary } of callDuplex(() => client.importAchievements(), requests, signal)) {
    if (summary !== undefined)
      print([`Imported an AccelByte export: ${summary.newCount} achievements, ${summary.lossCount} losses`])
  }
}

async function bindIds(address: string, signal: AbortSignal): Promise<void> {
  using titles = await connect(TitleServiceClient, { address })
  const bindings = new Map(
    PLATFORMS.map(({ dialect, titleIds }) => [dialect, { ids: new Map(Object.entries(titleIds)) }]),
  )
  const title = UpdateTitleRequest.fromPartial({ title: { titleId: TITLE, bindings } })
  await callUnary(titles, titles.updateTitle, title, signal)
  using players = await connect(PlayerServiceClient, { address })
  const accounts = PLATFORMS.map(({ dialect, accountId }) => ({ dialect, accountId }))
  const player = CreatePlayerRequest.fromPartial({ player: { playerId: PLAYER, accounts } })
  await callUnary(players, players.createPlayer, player, signal)
  const names = PLATFORMS.map(({ name }) => name).join(', ')
  print([`Bound title ${TITLE} and player ${PLAYER} to their ids on ${names}`])
}

async function recordProgress(address: string, signal: AbortSignal): Promise<void> {
  using client = await connect(ProgressServiceClient, { address })
  const shared = { titleId: TITLE, playerId: PLAYER, occurredTime: undefined, requestId: '' }
  const updates = [{ statCode: 'lanterns-lit', operation: StatOperation.INCREMENT, value: 37 }]
  const stats = await callUnary(client, client.recordStats, { ...shared, updates }, signal)
  for (const { progress } of stats.progressResults) {
    print([
      `Recorded 37 lanterns lit: ${progress?.achievementId} follows that stat, now ${progress?.percent} %`,
    ])
  }
  const unlock = { ...shared, achievementId: 'first-lantern' }
  for (const verb of ['Unlocked', 'Repeated']) {
    const result = await callUnary(client, client.unlockAchievement, unlock, signal)
    const { newlyUnlocked, alreadyUnlocked } = result
    print([`${verb} first-lantern: newly unlocked ${newlyUnlocked}, already unlocked ${alreadyUnlocked}`])
  }
}

async function exportProgress(address: string, dialect: string, signal: AbortSignal) {
  using client = await connect(ExchangeServiceClient, { address })
  const request = ExportProgressRequest.fromPartial({ dialect, titleId: TITLE, playerId: PLAYER })
  const parts = await Array.fromAsync(responsesOf(() => client.exportProgress(request), signal))
  return {
    json: JSON.parse(Buffer.concat(parts.map(({ content }) => content)).toString()) as unknown,
    losses: parts.flatMap(({ losses }) => losses.map(lossOf)),
  }
}

function progressTable(documents: readonly unknown[]): readonly string[] {
  const cells = PLATFORMS.map((platform, index) => platform.cells(documents[index]))
  const rows = ACHIEVEMENTS.flatMap((_, achievement) =>
    ['  state', '  value', '  time'].map((label, row) => [
      label,
      ...cells.map((ofPlatform) => ofPlatform[achievement]?.[row] ?? ''),
    ]),
  )
  const [headings = '', ...lines] = table(['', ...PLATFORMS.map(({ name }) => name)], rows)
  const perAchievement = rows.length / ACHIEVEMENTS.length
  return [
    headings,
    ...ACHIEVEMENTS.flatMap((achievementId, index) => [
      achievementId,
      ...lines.slice(index * perAchievement, (index + 1) * perAchievement),
    ]),
  ]
}

function lossTable(losses: readonly (readonly Loss[])[]): readonly string[] {
  const counts = PLATFORMS.map(({ name }, index) => `${losses[index]?.length} for ${name}`)
  const rows = PLATFORMS.flatMap(({ name }, index) =>
    SHOWN_LOSSES.flatMap((path) => {
      const loss = losses[index]?.find((each) => each.path === path)
      return loss === undefined
        ? []
        : [[name, loss.kind, path.slice(2), valueText(loss.from), valueText(loss.to)]]
    }),
  )
  return [
    `What each translation lost: ${counts.join(', ')}. Some of the losses:`,
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
