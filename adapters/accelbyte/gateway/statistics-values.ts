import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import { writeDouble } from '../values.ts'
import { readBody } from './body.ts'
import { refuseAdditionalKey, statCodeOf, statisticsPath, userOf, type Version } from './statistics-target.ts'
import {
  type Change,
  changeByInc,
  changeByStrategy,
  creationOf,
  incSchema,
  resetOf,
  updateSchema,
  write,
  writerOf,
} from './statistics-update.ts'
import { type Audience, titleOf } from './target.ts'

/** One value of one user. */
export const statisticsValueRoutes: readonly Route[] = [
  route('incUserStatItemValue', 'PATCH', 'v1', 'admin', '/value', increment),
  route('publicIncUserStatItemValue', 'PATCH', 'v1', 'public', '/value', increment),
  route('publicIncUserStatItem', 'PUT', 'v1', 'public', '/value', increment),
  route('updateUserStatItemValue', 'PUT', 'v2', 'admin', '/value', update),
  route('updateUserStatItemValue_1', 'PUT', 'v2', 'public', '/value', update),
  route('resetUserStatItemValue', 'PUT', 'v1', 'admin', '/value/reset', reset),
  route('resetUserStatItemValue_1', 'PUT', 'v1', 'public', '/value/reset', reset),
  route('createUserStatItem', 'POST', 'v1', 'admin', '', create),
  route('publicCreateUserStatItem', 'POST', 'v1', 'public', '', create),
  route('deleteUserStatItems', 'DELETE', 'v1', 'admin', '', remove),
  route('deleteUserStatItems_1', 'DELETE', 'v1', 'public', '', remove),
  route('deleteUserStatItems_2', 'DELETE', 'v2', 'admin', '', remove),
]

type Handler = (request: GatewayRequest, audience: Audience) => Promise<GatewayResponse>

function route(
  name: string,
  method: Route['method'],
  version: Version,
  audience: Audience,
  end: string,
  handler: Handler,
): Route {
  const path = `${statisticsPath(version, audience)}/users/:userId/stats/:statCode/statitems${end}`
  return { method, path, name, handle: (request) => handler(request, audience) }
}

async function increment(request: GatewayRequest, audience: Audience): Promise<GatewayResponse> {
  return response(request, audience, changeByInc(statCodeOf(request), readBody(request, incSchema)))
}

async function update(request: GatewayRequest, audience: Audience): Promise<GatewayResponse> {
  return response(request, audience, changeByStrategy(statCodeOf(request), readBody(request, updateSchema)))
}

/** The body, where there is any, is for the payload of an event. */
async function reset(request: GatewayRequest, audience: Audience): Promise<GatewayResponse> {
  return response(request, audience, resetOf(statCodeOf(request)))
}

async function create(request: GatewayRequest, audience: Audience): Promise<GatewayResponse> {
  await response(request, audience, creationOf(statCodeOf(request)))
  return { status: 201 }
}

async function remove(request: GatewayRequest, audience: Audience): Promise<GatewayResponse> {
  refuseAdditionalKey(request.query.get('additionalKey'), ['additionalKey'])
  const code = statCodeOf(request)
  const { playerId } = await userOf(request)
  const { id: titleId } = await titleOf(request)
  const asked = { titleId, playerId, code, writer: writerOf(audience), requestId: undefined }
  await request.operations.deleteStatValue(asked, request.call)
  return { status: 204 }
}

async function response(
  request: GatewayRequest,
  audience: Audience,
  change: Change,
): Promise<GatewayResponse> {
  refuseAdditionalKey(request.query.get('additionalKey'), ['additionalKey'])
  const user = await userOf(request)
  const { id: titleId } = await titleOf(request)
  const value = await write(request, audience, titleId, user, change)
  return { status: 200, body: { currentValue: writeDouble(value) } }
}
