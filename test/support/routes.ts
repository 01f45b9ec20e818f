import type { Route } from '../../src/http/gateway.ts'
import { gateways } from '../../src/registry.ts'
import { idsOf } from './bound-title.ts'
import {
  byDialect,
  type Caller,
  fixtures,
  fixturesOf,
  type GatewayFixtures,
  type Outcome,
  ROUTE_ACHIEVEMENTS,
  type RouteAchievement,
  type RouteTarget,
} from './dialect-fixtures.ts'

/** A gateway at one of its mounts. Each has titles of its own: no test deletes what another needs, nor uses up its rate. */
export interface Mounted {
  readonly number: number
  readonly mount: string
  readonly dialect: string
  readonly routes: readonly Route[]
  readonly fixtures: GatewayFixtures
}

export const MOUNTED: readonly Mounted[] = gateways
  .flatMap(({ dialect, mounts, routes }) => mounts.map((mount) => ({ dialect, mount, routes })))
  .map((mounted, number) => ({ ...mounted, number, fixtures: gatewayFixtures(mounted.dialect) }))

/** Each call that reports progress over a platform's HTTP API, at the first mount that has it, with a name. */
export const REPORTING_CALLS = [...fixtures].flatMap(([dialect, { gateway }]) =>
  (gateway?.reports ?? []).map((call) => {
    const found = MOUNTED.find(({ routes, ...mounted }) => {
      return mounted.dialect === dialect && routes.some(({ name }) => name === call)
    })
    return [`${dialect}, ${call}`, found as Mounted, call] as const
  }),
)

function gatewayFixtures(dialect: string): GatewayFixtures {
  const { gateway } = fixturesOf(dialect)
  if (gateway === undefined) throw new Error(`the fixtures of ${dialect} say nothing of its gateway`)
  return gateway
}

export type Which = RouteTarget['title']
export const WHICH: readonly Which[] = ['own', 'other']
export const PLAYERS: readonly RouteTarget['player'][] = ['ann', 'ben']

export function titleIdOf({ number }: Mounted, title: Which): string {
  return `${title}-${number}`
}

/** The title's ids in each dialect; none is Laurel's own. */
export function bindingsOf({ number }: Mounted, title: Which) {
  const own = (title === 'own' ? 1000 : 2000) + number
  return byDialect(({ binding }) => binding(own))
}

/** The ids of a player's accounts. */
export function accountsOf(player: RouteTarget['player']): Readonly<Record<string, string>> {
  return byDialect(({ account }) => account(PLAYERS.indexOf(player) + 1))
}

/** The ids of an achievement in the dialects that number achievements. */
export const achievementIdsOf = (code: RouteAchievement) => idsOf(ROUTE_ACHIEVEMENTS.indexOf(code))

export function targetOf(mounted: Mounted, title: Which, player: RouteTarget['player']): RouteTarget {
  const { dialect, mount } = mounted
  return {
    mount,
    title,
    player,
    binding: bindingsOf(mounted, title)[dialect] ?? {},
    account: accountsOf(player)[dialect] ?? '',
    achievementId: (code) => achievementIdsOf(code)[dialect] ?? code,
  }
}

export function routeNameOf(call: string): string {
  return call.split(', ')[0] as string
}

/** Sends one call to a server. `params` win over those of the fixtures. */
export async function send(
  url: string,
  { mount, routes, fixtures }: Mounted,
  call: string,
  target: RouteTarget,
  credential: { readonly token: string; readonly caller: Caller } | undefined,
  params: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const route = routes.find(({ name }) => name === routeNameOf(call))
  if (route === undefined) throw new Error(`there is no route ${call}`)
  const request = fixtures.requests[call]?.(target) ?? {}
  const named = { ...fixtures.params(target), ...params, ...request.params }
  const path = route.path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(named[name] as string))
  const { headers, body } = request
  const authorization = credential && fixtures.authorization(credential.token, credential.caller)
  return await fetch(`${url}${mount}${path}?${new URLSearchParams(request.query)}`, {
    method: route.method,
    headers: { ...headers, ...(authorization && { authorization }) },
    ...(body && { body: body instanceof FormData ? body : JSON.stringify(body) }),
  })
}

/** A call that reached the records was allowed, whatever it found there. */
export function outcomeOf(
  { fixtures }: Mounted,
  call: string,
  target: RouteTarget,
  status: number,
  body: string,
): Outcome {
  const own = fixtures.outcomeOf?.(call, target, status, body)
  if (own !== undefined) return own
  if (status === 401) return 'unauthenticated'
  if (status === 403) return 'denied'
  if (status === 404) return 'absent'
  if (status === 501) return 'unserved'
  if ((status >= 200 && status < 300) || status === 304 || status === 409) return 'allowed'
  return `unexpected status ${status}: ${body}`
}
