import { z } from 'zod'
import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { readBody, readObject } from './body.ts'
import { definitionsFor } from './catalogue.ts'
import { tagsOf, writeDefinition, writePublicDefinition } from './definition.ts'
import { checkDefinition, readDefinition, sentMembers } from './definition-request.ts'
import { compareKeys, readFlag, readSorting, sortedPageOf } from './query.ts'
import { revise } from './revision.ts'
import { readTagFilter } from './tags.ts'
import { type Audience, codeOf, namespaceOf, namespacePath, titleOf, titleToDefineIn } from './target.ts'

const ADMIN = `${namespacePath('admin')}/achievements`
const PUBLIC = `${namespacePath('public')}/achievements`

/** Definitions: written by operators and servers, read by game clients too. */
export const definitionRoutes: readonly Route[] = [
  { method: 'GET', path: ADMIN, name: 'AdminListAchievements', handle: listForAdmin },
  { method: 'POST', path: ADMIN, name: 'AdminCreateNewAchievement', handle: create },
  { method: 'GET', path: `${ADMIN}/:code`, name: 'AdminGetAchievement', handle: getForAdmin },
  { method: 'PUT', path: `${ADMIN}/:code`, name: 'AdminUpdateAchievement', handle: update },
  { method: 'PATCH', path: `${ADMIN}/:code`, name: 'AdminUpdateAchievementListOrder', handle: reorder },
  { method: 'DELETE', path: `${ADMIN}/:code`, name: 'AdminDeleteAchievement', handle: remove },
  { method: 'GET', path: PUBLIC, name: 'PublicListAchievements', handle: listForPlayers },
  { method: 'GET', path: `${PUBLIC}/:code`, name: 'PublicGetAchievement', handle: getForPlayers },
]

async function listForAdmin(request: GatewayRequest): Promise<GatewayResponse> {
  const namespace = namespaceOf(request)
  return listOf('admin', request, (achievement) => writeDefinition(achievement, namespace))
}

/** Without a language, each definition is written in its own default language. */
async function listForPlayers(request: GatewayRequest): Promise<GatewayResponse> {
  const namespace = namespaceOf(request)
  const language = request.query.get('language') ?? ''
  return listOf('public', request, (achievement) => writePublicDefinition(achievement, namespace, language))
}

const ORDERS = ['listOrder', 'createdAt', 'updatedAt'] as const
const BY_LIST_ORDER = { key: 'listOrder', descending: false } as const

async function listOf(
  audience: Audience,
  request: GatewayRequest,
  write: (achievement: StoredAchievement) => JsonObject,
): Promise<GatewayResponse> {
  const { query } = request
  const global = readFlag(query, 'global')
  const isTagged = readTagFilter(query)
  const { key, descending } = readSorting(query, ORDERS, undefined) ?? BY_LIST_ORDER
  const title = await titleOf(request)
  const isListed = (achievement: StoredAchievement) =>
    isTagged(tagsOf(achievement)) &&
    (global === undefined || (achievement.participation === 'community') === global)
  const order = {
    keyOf: (achievement: StoredAchievement) => (isListed(achievement) ? KEYS[key](achievement) : undefined),
    compare: compareKeys(descending),
    idOf: ({ id }: StoredAchievement) => id,
  }
  const body = await sortedPageOf(request, () => definitionsFor(audience, request, title.id), order, write)
  return { status: 200, body }
}

const KEYS: Readonly<Record<(typeof ORDERS)[number], (achievement: StoredAchievement) => bigint | number>> = {
  listOrder: ({ listOrder }) => listOrder,
  createdAt: ({ createTime }) => createTime,
  updatedAt: ({ updateTime }) => updateTime,
}

async function create(request: GatewayRequest): Promise<GatewayResponse> {
  const achievement = readDefinition(sentMembers(readObject(request)))
  checkDefinition(achievement, request.strict)
  const title = await titleToDefineIn(request)
  const asked = { titleId: title.id, achievement, requestId: undefined }
  const created = await request.operations.createAchievement(asked, request.call)
  return { status: 201, body: writeDefinition(created, namespaceOf(request)) }
}

async function getForAdmin(request: GatewayRequest): Promise<GatewayResponse> {
  const achievement = await request.operations.getAchievement(await nameOf(request), request.call)
  return { status: 200, body: writeDefinition(achievement, namespaceOf(request)) }
}

/** Clients that name no language read all of them: the engines' SDKs do, whatever the document of the API says. */
async function getForPlayers(request: GatewayRequest): Promise<GatewayResponse> {
  const [namespace, language] = [namespaceOf(request), request.query.get('language') ?? '']
  const achievement = await request.operations.getCatalogueAchievement(await nameOf(request), request.call)
  const body =
    language === ''
      ? writeDefinition(achievement, namespace)
      : writePublicDefinition(achievement, namespace, language)
  return { status: 200, body }
}

async function update(request: GatewayRequest): Promise<GatewayResponse> {
  const sent = sentMembers(readObject(request))
  const asked = {
    ...(await nameOf(request)),
    revise: (current: StoredAchievement) => revise(current, sent, request.strict),
  }
  const achievement = await request.operations.reviseAchievement(asked, request.call)
  return { status: 200, body: writeDefinition(achievement, namespaceOf(request)) }
}

const orderSchema = z.object({
  targetOrder: z
    .int({ error: 'expected an integer' })
    .min(1, { error: 'expected a position from 1' })
    .max(LIMITS.listOrder, { error: 'expected a 32-bit integer' }),
})

async function reorder(request: GatewayRequest): Promise<GatewayResponse> {
  const { targetOrder } = readBody(request, orderSchema)
  const asked = { ...(await nameOf(request)), listOrder: targetOrder, requestId: undefined }
  await request.operations.reorderAchievement(asked, request.call)
  return { status: 204 }
}

/** Deletes the players' progress as well: clients delete unlocked achievements and expect no refusal. */
async function remove(request: GatewayRequest): Promise<GatewayResponse> {
  const asked = { ...(await nameOf(request)), etag: undefined, force: true, requestId: undefined }
  await request.operations.deleteAchievement(asked, request.call)
  return { status: 204 }
}

async function nameOf(request: GatewayRequest) {
  const achievementId = codeOf(request)
  return { titleId: (await titleOf(request)).id, achievementId }
}
