import { z } from 'zod'
import { DecodeError } from '../../../src/dialect/decode-error.ts'
import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { writeDouble, writeInstant } from '../values.ts'
import { readBody } from './body.ts'
import { userNamedAfter } from './global-rows.ts'
import { pageOf, pagingOf, readFlag, readSorting, readSortings, readWindow, sorted } from './query.ts'
import { extensionOf, statCode } from './statistics-config.ts'
import {
  namedUser,
  refuseAdditionalKey,
  statCodeOf,
  statisticsPath,
  type User,
  userOf,
} from './statistics-target.ts'
import { readTagFilter } from './tags.ts'
import { type Audience, namespaceOf, titleOf } from './target.ts'

/** The values of users. */
export const statisticsItemRoutes: readonly Route[] = [
  get('getUserStatItems', 'v1', 'admin', '/users/:userId/statitems', listItems),
  get('publicQueryUserStatItems_1', 'v1', 'public', '/users/:userId/statitems', listItems),
  get('publicQueryUserStatItems', 'v1', 'public', '/users/:userId/statitems/value/bulk', listValues),
  get('AdminListUsersStatItems', 'v2', 'admin', '/users/:userId/statitems/value/bulk', listValues),
  get('publicQueryUserStatItems_2', 'v2', 'public', '/users/:userId/statitems/value/bulk', listValues),
  get('getStatItems', 'v1', 'admin', '/stats/:statCode/statitems', listHolders),
  get('bulkFetchStatItems', 'v1', 'admin', '/statitems/bulk', itemsOfMany),
  get('bulkFetchStatItems_1', 'v1', 'public', '/statitems/bulk', itemsOfMany),
  get('bulkFetchOrDefaultStatItems', 'v1', 'admin', '/statitems/value/bulk/getOrDefault', valuesOfMany),
  get('bulkFetchOrDefaultStatItems_1', 'v2', 'admin', '/statitems/value/bulk/getOrDefault', valuesOfMany),
  {
    method: 'POST',
    path: `${statisticsPath('v2', 'admin')}/users/:userId/statitems/value/bulk/getOrDefault`,
    name: 'bulkGetOrDefaultByUserId',
    handle: valuesByCodes,
  },
]

type Read = (request: GatewayRequest, audience: Audience) => Promise<GatewayResponse>

function get(name: string, version: 'v1' | 'v2', audience: Audience, end: string, read: Read): Route {
  const path = statisticsPath(version, audience) + end
  return { method: 'GET', path, name, handle: (request) => read(request, audience) }
}

type Item = Awaited<ReturnType<GatewayRequest['operations']['listStatItems']>>[number]

const USUAL_LIMIT = 20
const MOST_USERS = 100
const MOST_CODES = 20
const ORDERS = ['statCode', 'createdAt', 'updatedAt'] as const

/** Items that are there, in the order of one key or of several. */
async function listItems(request: GatewayRequest, audience: Audience): Promise<GatewayResponse> {
  const { query } = request
  const open = readFlag(query, 'isPublic')
  // The platform documents the usual order of admins.
  const usual = audience === 'admin' ? 'updatedAt:asc' : 'createdAt:asc'
  const orders = readSortings(query.get('sortBy') || usual, ORDERS)
  const user = await userOf(request)
  const items = (await selected(request, audience, user)).filter(
    ({ stat, value }) =>
      value !== undefined && (open === undefined || (extensionOf(stat).isPublic ?? false) === open),
  )
  // Sorts by the last key first: the sort is stable, so each earlier key only reorders unequal items.
  const inOrder = orders.reduceRight<readonly Item[]>(
    (all, order) =>
      sorted(all, order, ({ stat, value }, key) =>
        key === 'statCode'
          ? stat.code
          : ((key === 'createdAt' ? value?.createTime : value?.updateTime) ?? 0n),
      ),
    items,
  )
  const write = (item: Item) => writeItem(item, namespaceOf(request), user.userId)
  return { status: 200, body: pageOf(request, inOrder, write, USUAL_LIMIT) }
}

/** All values, the default where there is no item. */
async function listValues(request: GatewayRequest, audience: Audience): Promise<GatewayResponse> {
  refuseAdditionalKey(request.query.get('additionalKey'), ['additionalKey'])
  const user = await userOf(request)
  const items = await selected(request, audience, user)
  return { status: 200, body: items.map((item) => writeValue(item, user.userId)) }
}

/** Lists the players' values of a stat, the highest first. */
async function listHolders(request: GatewayRequest): Promise<GatewayResponse> {
  const { offset, limit } = readWindow(request, USUAL_LIMIT)
  const { descending } = readSorting(request.query, ['value'], { key: 'value', descending: true })
  const code = statCodeOf(request)
  const { id: titleId } = await titleOf(request)
  const asked = { dialect: 'accelbyte', titleId, code, descending, offset, limit: limit + 1 }
  const found = await request.operations.listStatHolders(asked, request.call)
  const data = found.slice(0, limit).map(({ playerId, account, value, createTime, updateTime }) => ({
    userId: account ?? userNamedAfter(playerId),
    value: writeDouble(value),
    createdAt: writeInstant(createTime),
    updatedAt: writeInstant(updateTime),
  }))
  const paging = pagingOf(request, { offset, limit }, found.length > limit)
  return { status: 200, body: { data, paging } }
}

async function itemsOfMany(request: GatewayRequest, audience: Audience): Promise<GatewayResponse> {
  const found = await ofMany(request, audience)
  const present = found.filter(({ item }) => item?.value !== undefined)
  return {
    status: 200,
    body: present.map(({ item, user }) => writeItem(item as Item, namespaceOf(request), user.userId)),
  }
}

async function valuesOfMany(request: GatewayRequest, audience: Audience): Promise<GatewayResponse> {
  refuseAdditionalKey(request.query.get('additionalKey'), ['additionalKey'])
  const found = await ofMany(request, audience)
  const code = request.query.get('statCode') ?? ''
  const body = found.map(({ item, user }) => {
    if (item !== undefined) return writeValue(item, user.userId)
    const metadata = { statCode: code }
    throw new LaurelError('not_found', 'STAT_NOT_FOUND', `stat ${code} does not exist`, { metadata })
  })
  return { status: 200, body }
}

const codesSchema = z.object({
  statCodes: z
    .array(statCode, { error: 'expected an array of stat codes' })
    .max(MOST_CODES, { error: `expected at most ${MOST_CODES} stat codes` })
    .nullish(),
})

async function valuesByCodes(request: GatewayRequest): Promise<GatewayResponse> {
  refuseAdditionalKey(request.query.get('additionalKey'), ['additionalKey'])
  const codes = new Set(readBody(request, codesSchema).statCodes ?? [])
  const user = await userOf(request)
  const items = (await visible(request, 'admin', user)).filter(({ stat }) => codes.has(stat.code))
  return { status: 200, body: items.map((item) => writeValue(item, user.userId)) }
}

/** The items that `statCodes` and `tags` select among the items that the audience may see. */
async function selected(request: GatewayRequest, audience: Audience, user: User): Promise<readonly Item[]> {
  const codes = new Set(readWords(request.query, 'statCodes'))
  const isTagged = readTagFilter(request.query)
  const items = await visible(request, audience, user)
  return items.filter(
    ({ stat }) => (codes.size === 0 || codes.has(stat.code)) && isTagged(extensionOf(stat).tags ?? []),
  )
}

/** Some stats are for servers' eyes only. */
async function visible(
  request: GatewayRequest,
  audience: Audience,
  { playerId }: User,
): Promise<readonly Item[]> {
  const { operations, call } = request
  const { id: titleId } = await titleOf(request)
  if (audience === 'admin') return operations.listStatItemsAsAdmin({ titleId, playerId }, call)
  const items = await operations.listStatItems({ titleId, playerId }, call)
  return items.filter(({ stat }) => extensionOf(stat).visibility !== 'SERVERONLY')
}

async function ofMany(request: GatewayRequest, audience: Audience) {
  const code = request.query.get('statCode') ?? ''
  if (code === '') throw new DecodeError(['statCode'], 'expected the code of a stat')
  const userIds = readWords(request.query, 'userIds')
  if (userIds.length === 0 || userIds.length > MOST_USERS) {
    throw new DecodeError(['userIds'], `expected 1 to ${MOST_USERS} user ids, but found ${userIds.length}`)
  }
  const found: { readonly user: User; readonly item: Item | undefined }[] = []
  for (const userId of userIds) {
    const user = await namedUser(request, userId, ['userIds'])
    const items = await visible(request, audience, user)
    found.push({ user, item: items.find(({ stat }) => stat.code === code) })
  }
  return found
}

/** Comma-separated or repeated. */
function readWords(query: URLSearchParams, name: string): readonly string[] {
  return query
    .getAll(name)
    .flatMap((text) => text.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/** `UserStatItemInfo` */
function writeItem({ stat, value }: Item, namespace: string, userId: string): JsonObject {
  return {
    statCode: stat.code,
    statName: stat.displayName || stat.code,
    namespace,
    userId,
    value: writeDouble(value?.value ?? stat.defaultValue),
    tags: extensionOf(stat).tags ?? [],
    createdAt: writeInstant(value?.createTime),
    updatedAt: writeInstant(value?.updateTime),
  }
}

/** In the API document: `A DTO object for user stat item value`. */
function writeValue({ stat, value }: Item, profileId: string): JsonObject {
  return { profileId, statCode: stat.code, value: writeDouble(value?.value ?? stat.defaultValue) }
}
