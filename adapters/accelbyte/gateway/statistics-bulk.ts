import { z } from 'zod'
import { DecodeError } from '../../../src/dialect/decode-error.ts'
import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { writeDouble } from '../values.ts'
import { readList } from './body.ts'
import { statCode } from './statistics-config.ts'
import { detailsOf } from './statistics-failure.ts'
import {
  namedUser,
  refuseAdditionalKey,
  statisticsPath,
  type User,
  userOf,
  type Version,
} from './statistics-target.ts'
import {
  type Change,
  changeByInc,
  changeByStrategy,
  creationOf,
  incSchema,
  resetOf,
  updateSchema,
  write,
} from './statistics-update.ts'
import { type Audience, titleOf } from './target.ts'

/** Many values at once: of one user, or of many. Each succeeds or fails alone, and has its result at its index. */
export const statisticsBulkRoutes: readonly Route[] = [
  ...both('v1', 'bulkIncUserStatItemValue', 'PATCH', 'value/bulk', readIncs),
  ...both('v1', 'bulkIncUserStatItem', 'PUT', 'value/bulk', readIncs),
  ...both('v2', 'bulkUpdateUserStatItem', 'PUT', 'value/bulk', readUpdates),
  ...both('v1', 'bulkResetUserStatItem', 'PUT', 'value/reset/bulk', readResets),
  ofUser('bulkResetUserStatItemValues', 'PUT', 'v2', 'admin', 'value/reset/bulk', readResets),
  ofUser('bulkCreateUserStatItems', 'POST', 'v1', 'admin', 'bulk', readCreations),
  ofUser('publicBulkCreateUserStatItems', 'POST', 'v1', 'public', 'bulk', readCreations),
]

interface Item {
  readonly userId: string | undefined
  readonly requestId: string | undefined
  readonly change: Change
}

type Reader = (request: GatewayRequest) => readonly Item[]

function both(
  version: Version,
  name: string,
  method: Route['method'],
  end: string,
  read: Reader,
): readonly Route[] {
  return (['admin', 'public'] as const).flatMap((audience) => [
    ofUser(`${audience} ${name} ${version}`, method, version, audience, end, read),
    {
      method,
      path: `${statisticsPath(version, audience)}/statitems/${end}`,
      name: `${audience} ${name} ${version} of many`,
      handle: (request) => ofMany(request, audience, read),
    },
  ])
}

function ofUser(
  name: string,
  method: Route['method'],
  version: Version,
  audience: Audience,
  end: string,
  read: Reader,
): Route {
  const path = `${statisticsPath(version, audience)}/users/:userId/statitems/${end}`
  return { method, path, name, handle: (request) => ofOne(request, audience, read) }
}

const named = {
  statCode,
  userId: z.string({ error: 'expected a user id' }).nullish(),
  requestId: z.string({ error: 'expected a string' }).nullish(),
  additionalKey: z.string({ error: 'expected a string' }).nullish(),
}

const nameSchema = z.object(named)
const incItemSchema = incSchema.extend(named)
const updateItemSchema = updateSchema.extend(named)

function readIncs(request: GatewayRequest): readonly Item[] {
  return readItems(request, incItemSchema, (item) => changeByInc(item.statCode, item))
}

function readUpdates(request: GatewayRequest): readonly Item[] {
  return readItems(request, updateItemSchema, (item) => changeByStrategy(item.statCode, item))
}

function readResets(request: GatewayRequest): readonly Item[] {
  return readItems(request, nameSchema, (item) => resetOf(item.statCode))
}

function readCreations(request: GatewayRequest): readonly Item[] {
  return readItems(request, nameSchema, (item) => creationOf(item.statCode))
}

function readItems<Body extends z.output<typeof nameSchema>>(
  request: GatewayRequest,
  schema: Parameters<typeof readList<Body>>[1],
  changeOf: (item: Body) => Change,
): readonly Item[] {
  refuseAdditionalKey(request.query.get('additionalKey'), ['additionalKey'])
  const bodies = readList(request, schema)
  if (bodies.length > LIMITS.batchItems) {
    throw new DecodeError([], `expected at most ${LIMITS.batchItems} items, but found ${bodies.length}`)
  }
  return bodies.map((body, index) => {
    refuseAdditionalKey(body.additionalKey, [index, 'additionalKey'])
    return {
      userId: body.userId ?? undefined,
      requestId: body.requestId ?? undefined,
      change: changeOf(body),
    }
  })
}

async function ofOne(request: GatewayRequest, audience: Audience, read: Reader): Promise<GatewayResponse> {
  const items = read(request)
  const user = await userOf(request)
  const users = items.map(() => user)
  return writeAll(request, audience, items, users)
}

async function ofMany(request: GatewayRequest, audience: Audience, read: Reader): Promise<GatewayResponse> {
  const items = read(request)
  const users: User[] = []
  const known = new Map<string, User>()
  for (const [index, { userId = '' }] of items.entries()) {
    const user = known.get(userId) ?? (await namedUser(request, userId, [index, 'userId']))
    known.set(userId, user)
    users.push(user)
  }
  return writeAll(request, audience, items, users)
}

/** One after the other, so that items of one user come in their order. */
async function writeAll(
  request: GatewayRequest,
  audience: Audience,
  items: readonly Item[],
  users: readonly User[],
): Promise<GatewayResponse> {
  const { id: titleId } = await titleOf(request)
  const body: JsonObject[] = []
  for (const [index, { change, requestId }] of items.entries()) {
    const user = users[index] as User
    const said = requestId === undefined ? {} : { requestId }
    const item = { statCode: change.code, userId: user.userId, ...said }
    try {
      const value = await write(request, audience, titleId, user, change)
      body.push({ ...item, success: true, details: { currentValue: writeDouble(value) } })
    } catch (error) {
      const details = detailsOf(error, request, user.userId)
      if (details === undefined) throw error
      body.push({ ...item, success: false, details })
    }
  }
  return { status: 200, body }
}
