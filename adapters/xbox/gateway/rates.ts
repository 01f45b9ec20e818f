import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { Rate } from '../../../src/model/rate-limiter.ts'
import { titleIds } from '../formats.ts'
import { LIMITS } from './limits.ts'
import { accountOf, scidOf } from './names.ts'
import { readQuery } from './query.ts'

/** Of a list: each of its titles. */
export function ratesOfList(request: GatewayRequest): readonly Rate[] {
  const { titleIds } = readQuery(request.query)
  return titleIds.length === 0 ? ratesOfUser(request) : titleIds.flatMap((title) => ratesOf(request, title))
}

/** Of all that a user has: the titles count as one. */
export function ratesOfUser(request: GatewayRequest): readonly Rate[] {
  return ratesOf(request, '*')
}

/** Of a path that names its title. Newer titles are counted the same by either of their ids. */
export function ratesOfTitle(request: GatewayRequest): readonly Rate[] {
  const scid = scidOf(request)
  return ratesOf(request, titleIds({ service_config_id: scid }).titleId ?? scid)
}

function ratesOf(request: GatewayRequest, title: string): readonly Rate[] {
  const { name } = request.call.principal
  const user = accountOf(request) ?? 'me'
  return LIMITS.map(({ type, ...limit }) => ({
    key: JSON.stringify(['xbox', type, name, user, title]),
    ...limit,
  }))
}
