import { Refusal } from '../../../src/dialect/refusal.ts'
import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { Stat } from '../../../src/model/stat.ts'
import { readBody } from './body.ts'
import { pageOf, readFlag } from './query.ts'
import {
  extensionOf,
  readStat,
  refuseCycles,
  statCreateSchema,
  statUpdateSchema,
  writeStat,
} from './statistics-config.ts'
import { statCodeOf, statisticsPath } from './statistics-target.ts'
import { namespaceOf, titleOf, titleToDefineIn } from './target.ts'

const ADMIN = `${statisticsPath('v1', 'admin')}/stats`

/** The stats of a title. */
export const statisticsConfigRoutes: readonly Route[] = [
  { method: 'GET', path: ADMIN, name: 'getStats', handle: list },
  { method: 'GET', path: `${ADMIN}/search`, name: 'queryStats', handle: search },
  { method: 'POST', path: ADMIN, name: 'createStat', handle: create },
  {
    method: 'POST',
    path: `${statisticsPath('v1', 'public')}/stats`,
    name: 'createStat_1',
    handle: create,
  },
  { method: 'GET', path: `${ADMIN}/:statCode`, name: 'getStat', handle: get },
  { method: 'PATCH', path: `${ADMIN}/:statCode`, name: 'updateStat', handle: update },
  { method: 'DELETE', path: `${ADMIN}/:statCode`, name: 'deleteStat', handle: remove },
  { method: 'DELETE', path: `${ADMIN}/:statCode/tied`, name: 'deleteTiedStat', handle: removeTied },
]

const USUAL_LIMIT = 20
const PAGE_SIZE = 1000
const ATTEMPTS = 5

async function list(request: GatewayRequest): Promise<GatewayResponse> {
  return page(request, () => true)
}

/** Found by a part of its code or its name, in any case. */
async function search(request: GatewayRequest): Promise<GatewayResponse> {
  const keyword = (request.query.get('keyword') ?? '').toLowerCase()
  return page(request, ({ code, displayName }) =>
    [code, displayName].some((text) => text.toLowerCase().includes(keyword)),
  )
}

async function page(request: GatewayRequest, isWanted: (stat: Stat) => boolean): Promise<GatewayResponse> {
  const { query, operations, call } = request
  const [global, open] = [readFlag(query, 'isGlobal'), readFlag(query, 'isPublic')]
  const cycles = (query.get('cycleIds') ?? '').split(',').filter((id) => id !== '')
  const { id: titleId } = await titleOf(request)
  const stats = (await everyStat(request, titleId)).filter((stat) => {
    const { setAsGlobal = false, isPublic = false } = extensionOf(stat)
    const isOf = (requested: boolean | undefined, is: boolean) => requested === undefined || requested === is
    return cycles.length === 0 && isOf(global, setAsGlobal) && isOf(open, isPublic) && isWanted(stat)
  })
  const codes = stats.map(({ code }) => code)
  const used = await operations.listStatUsage({ titleId, codes }, call)
  const write = (stat: Stat) => writeStat(stat, namespaceOf(request), used.has(stat.code))
  return { status: 200, body: pageOf(request, stats, write, USUAL_LIMIT) }
}

async function everyStat({ operations, call }: GatewayRequest, titleId: string): Promise<readonly Stat[]> {
  const stats: Stat[] = []
  let pageToken: string | undefined
  do {
    const found = await operations.listStats({ titleId, pageSize: PAGE_SIZE, pageToken }, call)
    stats.push(...found.items)
    pageToken = found.nextPageToken
  } while (pageToken !== undefined)
  return stats
}

/** The least value is 0 and the greatest that of a double, unless a body says otherwise. */
async function create(request: GatewayRequest): Promise<GatewayResponse> {
  const body = readBody(request, statCreateSchema)
  refuseCycles(body, namespaceOf(request))
  const { id: titleId } = await titleToDefineIn(request)
  const { name: displayName, defaultValue } = body
  const usual = { minimum: 0, maximum: Number.MAX_VALUE, incrementOnly: false, setBy: 'server' } as const
  const said = { ...usual, displayName, defaultValue, ...readStat(body, {}) }
  const stat = { ...said, titleId, code: body.statCode }
  const created = await request.operations.createStat({ stat, requestId: undefined }, request.call)
  return { status: 201, body: writeStat(created, namespaceOf(request), false) }
}

async function get(request: GatewayRequest): Promise<GatewayResponse> {
  const asked = await nameOf(request)
  return responseOf(request, await request.operations.getStat(asked, request.call))
}

/** Retries after a concurrent write, so that members missing in the body keep their newest values. */
async function update(request: GatewayRequest): Promise<GatewayResponse> {
  const { operations, call } = request
  const body = readBody(request, statUpdateSchema)
  refuseCycles(body, namespaceOf(request))
  const name = await nameOf(request)
  for (let attempt = 1; ; attempt += 1) {
    const { etag, extensions } = await operations.getStat(name, call)
    try {
      const patch = readStat(body, extensions)
      const asked = { ...name, etag, patch, requestId: undefined }
      return await responseOf(request, await operations.updateStat(asked, call))
    } catch (error) {
      const again = error instanceof LaurelError && error.reason === 'ETAG_MISMATCH' && attempt < ATTEMPTS
      if (!again) throw error
    }
  }
}

/** Refuses a stat with values of users: another path deletes these too. */
async function remove(request: GatewayRequest): Promise<GatewayResponse> {
  const name = await nameOf(request)
  if (await isUsed(request, name)) {
    const errorMessage = `Stat template with code [${name.code}] is in a TIED status: users have values of it, which its path /tied deletes too`
    throw new Refusal(409, { errorCode: 409, errorMessage })
  }
  return deleteConfig(request, name)
}

async function removeTied(request: GatewayRequest): Promise<GatewayResponse> {
  const name = await nameOf(request)
  if (!(await isUsed(request, name))) {
    const where = `code [${name.code}] in namespace [${namespaceOf(request)}]`
    const errorMessage = `Stat template with ${where} not deletable due it is in an INIT status`
    throw new Refusal(409, { errorCode: 12276, errorMessage })
  }
  return deleteConfig(request, name)
}

interface StatName {
  readonly titleId: string
  readonly code: string
}

async function nameOf(request: GatewayRequest): Promise<StatName> {
  const code = statCodeOf(request)
  const { id: titleId } = await titleOf(request)
  return { titleId, code }
}

/** @throws LaurelError for a stat that is not there. */
async function isUsed({ operations, call }: GatewayRequest, name: StatName): Promise<boolean> {
  const { titleId, code } = await operations.getStat(name, call)
  return (await operations.listStatUsage({ titleId, codes: [code] }, call)).has(code)
}

async function deleteConfig({ operations, call }: GatewayRequest, name: StatName): Promise<GatewayResponse> {
  await operations.deleteStat({ ...name, etag: undefined, requestId: undefined }, call)
  return { status: 204 }
}

async function responseOf(request: GatewayRequest, stat: Stat): Promise<GatewayResponse> {
  const asked = { titleId: stat.titleId, codes: [stat.code] }
  const used = await request.operations.listStatUsage(asked, request.call)
  return { status: 200, body: writeStat(stat, namespaceOf(request), used.has(stat.code)) }
}
