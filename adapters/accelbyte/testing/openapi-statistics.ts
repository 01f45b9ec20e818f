import { join } from 'node:path'
import type { OperationResult } from '../../../test/support/dialect-fixtures.ts'
import { type ApiDocument, type Operation, readApiDocument } from './openapi-document.ts'
import { type ApiRequest, type Hints, requestsOf } from './openapi-requests.ts'

const NAMESPACE = 'openapi-statistics'
const ADMIN = `/social/v1/admin/namespaces/${NAMESPACE}`
const USER = '315a070e48a74dae903d559974e6513d'
const CODE = 'laps'

/** Operations that achievements do not need: aggregates over all users, and files of configurations. */
const NOT_SERVED = /^(getGlobalStatItem|exportStats|importStats)/
/** `me` needs a player's credential, and a server without an auth file takes every caller for an operator. */
const NEEDS_PLAYER = /ListMyStatItems|AllMyStatItems/
/** Makes what must not be there before. */
const MAKES_STAT = /^createStat/
const MAKES_ITEM = /^(publicCreate|create)UserStatItem$/

/** Does for the statistics service what `tryAchievementApi` does for that of achievements. */
export async function tryStatisticsApi(folder: string, baseUrl: string): Promise<readonly OperationResult[]> {
  const file = join(folder, 'accelbyte', 'go-sdk.spec.social.stat-subset.json')
  const document = await readApiDocument(file, 'ErrorEntity')
  const results: OperationResult[] = []
  for (const operation of document.operations) {
    const problems = await problemsOf(document, operation, baseUrl).catch((error: Error) => [error.message])
    results.push({ name: `accelbyte/social ${operation.operationId}`, problems: [...new Set(problems)] })
  }
  return results
}

async function problemsOf(
  document: ApiDocument,
  operation: Operation,
  baseUrl: string,
): Promise<readonly string[]> {
  const problems: string[] = []
  let successes = 0
  for (const request of requestsOf(document, operation, hintsFor(operation))) {
    await prepare(baseUrl, operation)
    const { status, text } = await send(baseUrl, request)
    if (status < 400) successes += 1
    const what = `${request.method} ${request.path} ${typeof request.body === 'string' ? request.body : ''}`
    if (status >= 500) problems.push(`${what}: ${status} ${text}`)
    for (const problem of document.problemsOf(operation, status, text)) problems.push(`${what}: ${problem}`)
  }
  const { operationId } = operation
  if (NOT_SERVED.test(operationId))
    return successes === 0 ? problems : ['it is served after all', ...problems]
  if (successes > 0 || NEEDS_PLAYER.test(operationId)) return problems
  return ['it never did what it was asked', ...problems]
}

function hintsFor({ operationId }: Operation): Hints {
  const statCode = MAKES_STAT.test(operationId) ? 'made' : CODE
  return {
    namespace: NAMESPACE,
    userId: USER,
    statCode,
    statCodes: [CODE],
    userIds: [USER, 'absent'],
    cycleIds: [],
    cycleOverrides: [],
    additionalKey: '',
    keyword: 'lap',
    minimum: -10,
    maximum: 1e9,
    tags: ['a'],
  }
}

/** Creates the stat and the user's item, unless the operation itself creates it. */
async function prepare(baseUrl: string, { operationId }: Operation): Promise<void> {
  await send(baseUrl, { method: 'DELETE', path: `${ADMIN}/stats/made` })
  const unused = operationId === 'deleteStat'
  const stat = { statCode: CODE, name: 'Laps', defaultValue: 0, setBy: 'CLIENT', minimum: -1e9, tags: ['a'] }
  if (unused) await send(baseUrl, { method: 'DELETE', path: `${ADMIN}/stats/${CODE}/tied` })
  await send(baseUrl, { method: 'POST', path: `${ADMIN}/stats`, body: JSON.stringify(stat) })
  if (unused) return
  const path = `${ADMIN}/users/${USER}/stats/${CODE}/statitems`
  await send(baseUrl, { method: MAKES_ITEM.test(operationId) ? 'DELETE' : 'POST', path })
}

async function send(baseUrl: string, { method, path, body }: ApiRequest) {
  const response = await fetch(`${baseUrl}${path}`, { method, body: body ?? null })
  return { status: response.status, text: await response.text() }
}
