import type { JsonValue } from '../../../src/model/json.ts'
import type { RouteTarget } from '../dialect-fixtures.ts'
import { type Mounted, routeNameOf } from '../routes.ts'
import type { Random } from './random.ts'
import { randomText } from './texts.ts'

export interface FuzzedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | FormData | undefined
}

/** Returns a call of a platform's HTTP API in which parameters, query, headers and body are changed at random. */
export function randomRequest(
  random: Random,
  { mount, routes, fixtures }: Mounted,
  target: RouteTarget,
  known: readonly string[],
): FuzzedRequest {
  const route = random.pick(routes)
  const call = random.pick(Object.keys(fixtures.access).filter((name) => routeNameOf(name) === route.name))
  const request = fixtures.requests[call]?.(target) ?? {}
  const params: Readonly<Record<string, string>> = { ...fixtures.params(target), ...request.params }
  const path = route.path.replace(/:(\w+)/g, (_, name) =>
    random.chance(0.7) ? encodeURIComponent(params[name] ?? 'x') : segment(random, known),
  )
  const query = new URLSearchParams(request.query)
  for (const name of [...query.keys()]) if (random.chance(0.3)) query.set(name, sendable(random, known))
  if (random.chance(0.2)) query.append(sendable(random, [...query.keys(), 'limit']), sendable(random, known))
  const headers = Object.fromEntries(
    Object.entries({ 'content-type': 'application/json', ...request.headers }).flatMap(([name, value]) => {
      if (request.body instanceof FormData) return []
      return random.chance(0.8) ? [[name, value]] : [[name, headerValue(random, known)]]
    }),
  )
  return {
    method: random.chance(0.95)
      ? route.method
      : random.pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']),
    path: `${mount}${path}?${random.chance(0.02) ? sendable(random, known) : query}`,
    headers,
    body: bodyOf(random, request.body, known),
  }
}

function bodyOf(random: Random, body: object | undefined, known: readonly string[]): FuzzedRequest['body'] {
  if (body instanceof FormData && random.chance(0.8)) return body
  if (body === undefined && random.chance(0.8)) return undefined
  if (random.chance(0.05)) return random.bytes(random.below(100))
  const json = JSON.stringify(changed(random, (body ?? {}) as JsonValue, known))
  return Buffer.from(random.chance(0.05) ? json.slice(0, random.below(json.length)) : json)
}

/** Returns the value with some of its parts removed, repeated or of another kind. */
function changed(random: Random, value: JsonValue, known: readonly string[]): JsonValue {
  if (random.chance(0.1)) return randomValue(random, known)
  if (Array.isArray(value)) {
    const items = value.map((item: JsonValue) => changed(random, item, known))
    return random.chance(0.1) ? [...items, ...items] : items
  }
  if (value === null || typeof value !== 'object') return value
  const members = Object.entries(value).flatMap(([name, member]) =>
    random.chance(0.05) ? [] : [[name, changed(random, member as JsonValue, known)] as const],
  )
  if (random.chance(0.1)) members.push([randomText(random, known), randomValue(random, known)])
  return Object.fromEntries(members)
}

function randomValue(random: Random, known: readonly string[]): JsonValue {
  const simple = [null, true, false, 0, 1, -1, 0.5, 1e300, 2 ** 31, 2 ** 53, [], {}, [[]], { a: {} }]
  return random.chance(0.5) ? randomText(random, known) : (random.pick(simple) as JsonValue)
}

function segment(random: Random, known: readonly string[]): string {
  const text = sendable(random, known)
  return random.chance(0.95) ? encodeURIComponent(text) : text.replace(/[^\x21-\x7e]/g, '')
}

/** A text that a URL can hold: without lone surrogates. */
function sendable(random: Random, known: readonly string[]): string {
  return randomText(random, known).toWellFormed().slice(0, 3000)
}

function headerValue(random: Random, known: readonly string[]): string {
  return randomText(random, known)
    .replace(/[^\x20-\x7e]/g, '')
    .trim()
}
