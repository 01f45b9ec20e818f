import { readFile } from 'node:fs/promises'
import {
  ExchangeServiceClient,
  ExportProgressRequest,
  ImportAchievementsRequest,
} from '../gen/laurel/v1/exchange_service.ts'
import { CreatePlayerRequest, PlayerServiceClient } from '../gen/laurel/v1/player_service.ts'
import { ProgressServiceClient, StatOperation } from '../gen/laurel/v1/progress_service.ts'
import { parseExactJson } from '../model/exact-json.ts'
import { dialects } from '../registry.ts'
import { ask, connect, converse, responsesOf } from './client.ts'
import { explain } from './failure.ts'
import { Interrupted, untilInterrupted } from './interrupt.ts'
import { LossTally, lossOf } from './losses.ts'
import { prettyJson } from './pretty.ts'
import { print } from './report.ts'
import { startThrowawayApp } from './throwaway-app.ts'

const SAMPLE = new URL('samples/lanternfall.accelbyte.json', import.meta.url)
const TITLE = 'lanternfall'
const PLAYER = 'mira'
const ACCOUNTS = [
  { dialect: 'xbox', accountId: '2814651093377005' },
  { dialect: 'discord', accountId: '213866895806300161' },
  { dialect: 'accelbyte', accountId: '7f3c1e9a4b5d4c0f9a8e6d2b1c0f5e7d' },
]
const WIDTH = 110

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
  heading('A server of its own, with an empty database')
  await using app = await startThrowawayApp()
  signal.throwIfAborted()
  print([`serving gRPC on ${app.grpcAddress}; all of it goes away when the demo ends`])
  await importSample(app.grpcAddress, signal)
  await linkPlayer(app.grpcAddress, signal)
  await play(app.grpcAddress, signal)
  for (const dialect of ['xbox', 'discord', 'accelbyte']) await show(app.grpcAddress, dialect, signal)
}

async function importSample(address: string, signal: AbortSignal): Promise<void> {
  heading(`Import the export of a game on AccelByte: ${TITLE}`)
  using client = await connect(ExchangeServiceClient, { address })
  const request = {
    ...ImportAchievementsRequest.fromPartial({ dialect: 'accelbyte', titleId: TITLE }),
    content: await readFile(SAMPLE),
  }
  const requests = (async function* () {
    yield request
  })()
  for await (const { summary } of converse(() => client.importAchievements(), requests, signal)) {
    if (summary !== undefined) print([`${summary.newCount} new achievements, ${summary.lossCount} losses`])
  }
}

async function linkPlayer(address: string, signal: AbortSignal): Promise<void> {
  heading(`Link one player on all platforms: ${PLAYER}`)
  using client = await connect(PlayerServiceClient, { address })
  await ask(
    client,
    client.createPlayer,
    CreatePlayerRequest.fromPartial({ player: { playerId: PLAYER } }),
    signal,
  )
  for (const account of ACCOUNTS) {
    await ask(client, client.linkAccount, { playerId: PLAYER, account, requestId: '' }, signal)
    print([`${account.dialect.padEnd(9)} ${account.accountId}`])
  }
}

async function play(address: string, signal: AbortSignal): Promise<void> {
  heading('Play: three reports over gRPC')
  using client = await connect(ProgressServiceClient, { address })
  const shared = { titleId: TITLE, playerId: PLAYER, occurredTime: undefined, requestId: '' }
  const updates = [{ statCode: 'lanterns-lit', operation: StatOperation.INCREMENT, value: 37 }]
  const { progressResults } = await ask(client, client.recordStats, { ...shared, updates }, signal)
  for (const { progress } of progressResults) {
    print([`37 lanterns lit: ${progress?.achievementId} follows that stat and is at ${progress?.percent} %`])
  }
  const unlock = { ...shared, achievementId: 'first-lantern' }
  const unlocked = await ask(client, client.unlockAchievement, unlock, signal)
  print([`first-lantern unlocked: newly ${unlocked.newlyUnlocked}`])
  const again = await ask(client, client.unlockAchievement, unlock, signal)
  print([
    `the same once more: newly ${again.newlyUnlocked}, already ${again.alreadyUnlocked}, its time unmoved`,
  ])
  const report = { $case: 'percent' as const, value: 29 }
  const walked = await ask(
    client,
    client.recordProgress,
    { ...shared, achievementId: 'night-walker', report },
    signal,
  )
  print([`night-walker reported at 29 %: reads back as ${walked.progress?.percent} %`])
}

async function show(address: string, dialect: string, signal: AbortSignal): Promise<void> {
  heading(`What ${dialects.get(dialect)?.displayName} would show of ${PLAYER}`)
  using client = await connect(ExchangeServiceClient, { address })
  const tally = new LossTally(false)
  const chunks: Uint8Array[] = []
  const request = ExportProgressRequest.fromPartial({ dialect, titleId: TITLE, playerId: PLAYER })
  for await (const { content, losses } of responsesOf(() => client.exportProgress(request), signal)) {
    chunks.push(content)
    tally.add(losses.map(lossOf))
  }
  print([prettyJson(parseExactJson(Buffer.concat(chunks).toString()), WIDTH), '', ...tally.lines()])
}

function heading(text: string): void {
  print(['', `── ${text} ${'─'.repeat(Math.max(3, WIDTH - 4 - text.length))}`])
}
