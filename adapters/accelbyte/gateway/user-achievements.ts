import { z } from 'zod'
import { LossReport } from '../../../src/dialect/losses.ts'
import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import { EARLIEST_INSTANT } from '../../../src/model/instant.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { encode } from '../encode.ts'
import { readBody } from './body.ts'
import { type CatalogueProgress, listProgressFor } from './catalogue.ts'
import { tagsOf } from './definition.ts'
import { BY_CREATION, compareKeys, readFlag, readSorting, sortedPageOf } from './query.ts'
import { readTagFilter } from './tags.ts'
import { type Audience, accountOf, namespacePath, titleOf } from './target.ts'

/** A player's rows: one for each achievement that anything was done for. */
export const userAchievementRoutes: readonly Route[] = [
  listRoute('AdminListUserAchievements', 'admin', true),
  listRoute('PublicListUserAchievements', 'public', false),
  {
    method: 'POST',
    path: `${achievementsPath('admin')}/batchQuery`,
    name: 'AdminBatchQueryUserAchievements',
    handle: batchQuery,
  },
]

export function achievementsPath(audience: Audience): string {
  return `${namespacePath(audience)}/users/:userId/achievements`
}

function listRoute(name: string, audience: Audience, prefersUnlocked: boolean): Route {
  const handle = (request: GatewayRequest) => list(audience, prefersUnlocked, request)
  return { method: 'GET', path: achievementsPath(audience), name, handle }
}

/** The document names the first two; the service's own samples send the others, which it once took. */
const ORDERS = ['achievedAt', 'createdAt', 'listOrder', 'updatedAt'] as const

async function list(
  audience: Audience,
  prefersUnlocked: boolean,
  request: GatewayRequest,
): Promise<GatewayResponse> {
  const { query } = request
  const account = accountOf(request)
  const unlockedFirst = readFlag(query, 'preferUnlocked') ?? prefersUnlocked
  const sorting = readSorting(query, ORDERS, BY_CREATION)
  const isTagged = readTagFilter(query)
  const read = await progressReader(audience, request)
  const count = { all: 0, hidden: 0 }
  const compareTimes = compareKeys(sorting.descending)
  const order = {
    keyOf: (entry: CatalogueProgress) => {
      count.all += 1
      if (entry.achievement.hidden) count.hidden += 1
      if (!isRow(entry) || !isTagged(tagsOf(entry.achievement))) return undefined
      const locked = unlockedFirst && entry.progress.state !== 'achieved' ? 1 : 0
      return { locked, time: timeOf(entry, sorting.key) }
    },
    compare: (left: RowKey, right: RowKey) =>
      left.locked - right.locked || compareTimes(left.time, right.time),
    idOf: ({ achievement }: CatalogueProgress) => achievement.id,
  }
  const body = await sortedPageOf(request, read, order, (entry) => writeRow(entry, account.id))
  return { status: 200, body: { ...body, countInfo: countInfoOf(count) } }
}

interface RowKey {
  readonly locked: number
  readonly time: bigint
}

function timeOf({ achievement, progress }: CatalogueProgress, key: (typeof ORDERS)[number]): bigint {
  if (key === 'listOrder') return BigInt(achievement.listOrder)
  const times = {
    achievedAt: progress.unlockTime,
    createdAt: progress.firstReportTime,
    updatedAt: progress.lastReportTime,
  }
  return times[key] ?? EARLIEST_INSTANT
}

/** Returns a function that yields a namespace's achievements of single players, with the player's progress. */
async function progressReader(
  audience: Audience,
  request: GatewayRequest,
): Promise<() => AsyncGenerator<readonly CatalogueProgress[]>> {
  const account = accountOf(request)
  const title = await titleOf(request)
  const { playerId } = await request.operations.playerOfAccount(account, request.call)
  return async function* () {
    for await (const page of listProgressFor(audience, request, title.id, playerId))
      yield page.filter(({ achievement }) => achievement.participation !== 'community')
  }
}

/** An achievement without a row is locked. A revoked one is shown as locked. */
function isRow({ progress }: CatalogueProgress): boolean {
  return progress.state !== 'not_started' && !progress.revoked
}

function countInfoOf({ all, hidden }: { readonly all: number; readonly hidden: number }): JsonObject {
  return {
    numberOfAchievements: all,
    numberOfHiddenAchievements: hidden,
    numberOfVisibleAchievements: all - hidden,
  }
}

const STATUS = { in_progress: 1, achieved: 2 } as const

const querySchema = z.object({
  codes: z
    .array(z.string({ error: 'expected a code' }), { error: 'expected an array of codes' })
    .max(LIMITS.batchItems, { error: `expected at most ${LIMITS.batchItems} codes` }),
  status: z.int({ error: 'expected 1 (in progress), 2 (unlocked), or 0 for both' }),
})

/** Returns the rows of the requested achievements with the requested status; unknown codes have no row. */
async function batchQuery(request: GatewayRequest): Promise<GatewayResponse> {
  const { codes, status } = readBody(request, querySchema)
  const account = accountOf(request)
  const read = await progressReader('admin', request)
  const requested = new Set(codes)
  const byCode = new Map<string, CatalogueProgress>()
  for await (const page of read())
    for (const entry of page)
      if (requested.has(entry.achievement.id) && isRow(entry)) byCode.set(entry.achievement.id, entry)
  const found = [...new Set(codes)]
    .map((code) => byCode.get(code))
    .filter((progressEntry) => progressEntry !== undefined)
    .filter(({ progress }) => status === 0 || STATUS[progress.state as keyof typeof STATUS] === status)
  return { status: 200, body: found.map((progressEntry) => writeRow(progressEntry, account.id)) }
}

/** `models.UserAchievementResponse`. */
function writeRow({ achievement, progress }: CatalogueProgress, account: string): JsonObject {
  const { state, percent, values, unlockTime, revoked, extensions } = progress
  const id = extensions['accelbyte']?.['id']
  const facts = {
    account,
    achievementId: achievement.id,
    state,
    percent,
    values,
    unlockTime,
    revoked,
    // Only the id of the extension: original texts may violate the response's schema.
    extensions: typeof id === 'string' ? { accelbyte: { id } } : {},
  }
  const title = { binding: undefined, displayName: undefined, extensions: {} }
  const record = { title, achievement, progress: facts, summary: undefined }
  const context = { locale: undefined, shape: 'user', purpose: 'progress', account } as const
  return encode(record, new LossReport(), context)
}
