import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import type { Instant } from '../../../src/model/instant.ts'
import { writeInstant } from '../values.ts'
import { definitionsFor } from './catalogue.ts'
import { tagsOf } from './definition.ts'
import { pageOf, readSorting, sorted } from './query.ts'
import { type Audience, namespaceOf, namespacePath, titleOf } from './target.ts'

/** Tags exist as long as a definition has them; there is no call to create or delete one. */
export const tagRoutes: readonly Route[] = [
  tagRoute('AdminListTags', 'admin'),
  tagRoute('PublicListTags', 'public'),
]

function tagRoute(name: string, audience: Audience): Route {
  const handle = (request: GatewayRequest) => listTags(audience, request)
  return { method: 'GET', path: `${namespacePath(audience)}/tags`, name, handle }
}

async function listTags(audience: Audience, request: GatewayRequest): Promise<GatewayResponse> {
  const namespace = namespaceOf(request)
  const part = (request.query.get('name') ?? '').toLowerCase()
  const sorting = readSorting(request.query, ['name', 'createdAt'], { key: 'name', descending: false })
  const title = await titleOf(request)
  const since = new Map<string, Instant>()
  for await (const page of definitionsFor(audience, request, title.id))
    for (const achievement of page) {
      const { createTime } = achievement
      for (const tag of tagsOf(achievement)) {
        const earliest = since.get(tag)
        if (earliest === undefined || createTime < earliest) since.set(tag, createTime)
      }
    }
  const found = [...since].filter(([name]) => name.toLowerCase().includes(part))
  const tags = sorted(found, sorting, ([name, time], key) => (key === 'name' ? name : time))
  const write = ([name, time]: readonly [string, Instant]) => ({
    name,
    namespace,
    createdAt: writeInstant(time),
  })
  return { status: 200, body: pageOf(request, tags, write) }
}
