import { readProcessSourceConfig } from '../../../config.ts'
import type { Timestamp } from '../../../gen/google/protobuf/timestamp.ts'
import {
  ExportPlayerRequest,
  ListPlayersRequest,
  PlayerServiceClient,
} from '../../../gen/laurel/v1/player_service.ts'
import {
  type Progress as ProgressMessage,
  ProgressState,
  UnlockPrecision,
} from '../../../gen/laurel/v1/progress.ts'
import { parseExactJson } from '../../../model/exact-json.ts'
import { type Instant, TICKS_PER_SECOND } from '../../../model/instant.ts'
import type { Progress } from '../../../model/progress.ts'
import type { Quantity } from '../../../model/quantity.ts'
import type { Extensions } from '../../../model/title.ts'
import { formatProgressLine } from '../../../service/lines/progress-line.ts'
import { callUnary, connect, responsesOf } from '../../client.ts'
import { Failure } from '../../failure.ts'
import { ReplayedStream } from './replayed-source.ts'
import type { MigrationSource } from './source.ts'

const PAGE_SIZE = 1000

/** Returns the progress of all players of another Laurel, as lines of the format `laurel`. Each call of the command reads it again. */
export function openLaurel(name: string, signal: AbortSignal): MigrationSource {
  const address = name.slice('laurel://'.length).replace(/\/$/, '')
  // The name is stored with the job.
  if (!/^[^/?#@\s]+$/.test(address))
    throw new Failure([
      'an input laurel:// must be laurel://HOST:PORT: the token of the other Laurel is LAUREL_SOURCE_TOKEN',
    ])
  const stream = new ReplayedStream(name, linesOf(address, signal))
  return {
    name,
    size: undefined,
    isReadWhole: false,
    open: (position) => {
      if (position > stream.end) throw notResumable(name)
      return stream.open(position)
    },
  }
}

/** The progress there may be other than it was, so that a position in it means nothing. */
function notResumable(name: string): Failure {
  return new Failure([
    `${name} cannot be resumed where an earlier command stopped`,
    'cancel the job (laurel migration-jobs cancel) and use another --job: progress that is imported stays, and changes nothing',
  ])
}

async function* linesOf(address: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  using client = await connect(PlayerServiceClient, readProcessSourceConfig(address))
  for (let pageToken = ''; ; ) {
    const request = ListPlayersRequest.fromPartial({ pageToken, pageSize: PAGE_SIZE })
    const page = await callUnary(client, client.listPlayers, request, signal)
    for (const { playerId } of page.players) {
      const begin = () => client.exportPlayer(ExportPlayerRequest.fromPartial({ playerId }))
      for await (const { progress } of responsesOf(begin, signal)) {
        const lines = progress.map((message) => `${lineOf(message)}\n`).join('')
        if (lines !== '') yield Buffer.from(lines)
      }
    }
    pageToken = page.nextPageToken
    if (pageToken === '') return
  }
}

function lineOf(message: ProgressMessage): string {
  const { titleId, playerId, achievementId } = message
  return formatProgressLine({ titleId, playerId, achievementId, progress: progressOf(message) })
}

function progressOf(message: ProgressMessage): Progress {
  const { state, unlockPrecision, percent, reportedPercent, revoked, writer } = message
  const precision = PRECISIONS[unlockPrecision]
  return {
    state:
      state === ProgressState.ACHIEVED
        ? 'achieved'
        : state === ProgressState.IN_PROGRESS
          ? 'in_progress'
          : 'not_started',
    values: Object.fromEntries(
      message.requirements.flatMap(({ requirementId, current }) => {
        const value = quantityOf(current)
        return value === undefined ? [] : [[requirementId, value] as const]
      }),
    ),
    percent,
    reportedPercent,
    revoked,
    writer,
    unlockTime: instantOf(message.unlockTime),
    unlockPrecision: precision,
    firstReportTime: instantOf(message.firstReportTime),
    lastReportTime: instantOf(message.lastReportTime),
    windowStart: undefined,
    extensions: Object.fromEntries(
      Object.entries(message.extensions).map(([dialect, text]) => [dialect, parseExactJson(text)]),
    ) as Extensions,
  }
}

const PRECISIONS: Readonly<Partial<Record<UnlockPrecision, NonNullable<Progress['unlockPrecision']>>>> = {
  [UnlockPrecision.EXACT]: 'exact',
  [UnlockPrecision.REPORTED]: 'reported',
  [UnlockPrecision.IMPORTED]: 'imported',
  [UnlockPrecision.UNKNOWN]: 'unknown',
}

function instantOf(time: Timestamp | undefined): Instant | undefined {
  return time === undefined
    ? undefined
    : time.seconds * TICKS_PER_SECOND + BigInt(Math.floor(time.nanos / 100))
}

function quantityOf(current: ProgressMessage['requirements'][number]['current']): Quantity | undefined {
  return current?.value?.value
}
