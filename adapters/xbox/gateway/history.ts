import type { Canonical } from '../../../src/dialect/adapter.ts'
import { readAs } from '../../../src/dialect/decode-error.ts'
import { LossReport } from '../../../src/dialect/losses.ts'
import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import { importedExtensions } from '../../../src/model/imported-totals.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { PlayerSummary } from '../../../src/model/player.ts'
import { encode } from '../encode.ts'
import { FORM } from '../extension.ts'
import { NEVER, writeTime } from '../formats.ts'
import { contractOf } from './contract.ts'
import { liveFirstTitle, liveTitle } from './live.ts'
import { userOf } from './names.ts'
import { readPage } from './query.ts'
import { ratesOfUser } from './rates.ts'
import { pageOf } from './select.ts'
import { onXbox, type XboxTitle } from './title.ts'

export const historyRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/users/:user/history/titles',
    name: 'listTitles',
    rates: ratesOfUser,
    handle: history,
  },
]

interface Played {
  readonly title: XboxTitle
  readonly summary: PlayerSummary
  /** The members of an imported history that only Xbox knows. */
  readonly own: JsonObject
}

/** The titles that a player has anything in, in order of title id. */
async function history(request: GatewayRequest): Promise<GatewayResponse> {
  const { legacy } = contractOf(request)
  const page = readPage(request.query)
  const { playerId } = await userOf(request)
  const known = await request.operations.listPlayerTitles({ playerId }, request.call)
  const played = known.flatMap(({ title, summary, imported }): readonly Played[] => {
    const named = onXbox(title)
    const own = importedExtensions(imported, 'xbox')['xbox'] ?? {}
    return named === undefined ? [] : [{ title: named, summary, own }]
  })
  const sorted = played.sort(
    (left, right) => Number(left.title.titleId ?? 0) - Number(right.title.titleId ?? 0),
  )
  const { items, pagingInfo } = pageOf(sorted, page)
  const titles = items.map(legacy ? writeFirstTitle : writeTitle)
  return { status: 200, body: { titles, pagingInfo, ...(legacy ? { version: NEVER } : {}) } }
}

function writeTitle(played: Played): JsonObject {
  const entry = write(played, {})
  return { ...entry, ...readAs(liveTitle, entry), serviceConfigId: played.title.scid } as JsonObject
}

/** When it was last played is known no better than by the last unlock. */
function writeFirstTitle(played: Played): JsonObject {
  const { lastUnlockTime, achievementCount } = played.summary
  const { totalAchievements: total } = played.own
  const entry = write(played, { xbox: { [FORM]: 'title_v1' } })
  return {
    ...entry,
    ...readAs(liveFirstTitle, entry),
    lastPlayed: writeTime(lastUnlockTime),
    totalAchievements: Math.max(achievementCount, typeof total === 'number' ? total : 0),
  } as JsonObject
}

function write(
  { title: { title, scid, titleId }, summary }: Played,
  extensions: Record<string, JsonObject>,
): JsonObject {
  const { unlockedCount, score, maxScore, lastUnlockTime } = summary
  const record: Canonical = {
    title: {
      binding: { service_config_id: scid, ...(titleId === undefined ? {} : { title_id: titleId }) },
      displayName: title.displayName,
      extensions: title.extensions,
    },
    achievement: undefined,
    progress: undefined,
    summary: { account: undefined, unlockedCount, score, maxScore, lastUnlockTime, extensions },
  }
  return encode(record, new LossReport(), {
    locale: undefined,
    shape: 'title',
    purpose: 'summary',
    account: undefined,
  })
}
