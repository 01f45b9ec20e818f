import { join } from 'node:path'
import type { OperationResult } from '../../../test/support/dialect-fixtures.ts'
import { type ApiDocument, type Operation, readApiDocument, readSchema } from './openapi-document.ts'
import { type ApiRequest, type Hints, requestsOf } from './openapi-requests.ts'

const NAMESPACE = 'openapi'
const USER = '315a070e48a74dae903d559974e6513d'
const STAT = 'openapi-stat'
const GOAL = 10

/** Operations of another product, which Laurel says that it has not. */
const NOT_SUPPORTED = ['BulkCreatePSNEvent']
const GLOBAL = /Global|Contribut/

/**
 * Calls every operation that the document of AccelByte's achievement service has, with requests made from the document,
 * and checks every response against its schema there. Each operation must also succeed at least once.
 */
export async function tryAchievementApi(
  folder: string,
  baseUrl: string,
): Promise<readonly OperationResult[]> {
  const file = join(folder, 'accelbyte', 'go-sdk.spec.achievement.json')
  const document = await readApiDocument(file, 'response.Error')
  const results: OperationResult[] = []
  for (const operation of document.operations) {
    const problems = await problemsOf(document, operation, baseUrl).catch((error: Error) => [error.message])
    results.push({ name: `accelbyte/${operation.operationId}`, problems: [...new Set(problems)] })
  }
  const problems = await problemsOfExport(join(folder, 'accelbyte'), baseUrl)
  return [...results, { name: 'accelbyte/the file that ExportAchievements answers', problems }]
}

async function problemsOf(
  document: ApiDocument,
  operation: Operation,
  baseUrl: string,
): Promise<readonly string[]> {
  const problems: string[] = []
  let successes = 0
  let spent = true
  for (const request of requestsOf(document, operation, hintsFor(operation))) {
    if (spent) await prepare(baseUrl)
    const { status, text } = await send(baseUrl, request)
    if (status < 400) successes += 1
    spent = status < 400 && request.method !== 'GET'
    const isRefusal = status === 501 && NOT_SUPPORTED.includes(operation.operationId)
    const what = `${request.method} ${request.path} ${typeof request.body === 'string' ? request.body : ''}`
    if (status >= 500 && !isRefusal) problems.push(`${what}: ${status} ${text}`)
    const withStatisticsFailure = answererOf(document, operation, request)
    for (const problem of document.problemsOf(withStatisticsFailure, status, text))
      problems.push(`${what}: ${problem}`)
  }
  const succeeds = successes > 0 || NOT_SUPPORTED.includes(operation.operationId)
  return succeeds ? problems : ['it never did what it was asked', ...problems]
}

/**
 * Returns the operation whose schema the response has. The document requires a language of one operation; without it the service
 * returns all texts, as its SDKs for the engines rely on.
 */
function answererOf(document: ApiDocument, operation: Operation, { path }: ApiRequest): Operation {
  if (operation.operationId !== 'PublicGetAchievement' || /language=[^&]/.test(path)) return operation
  return document.operations.find(({ operationId }) => operationId === 'AdminGetAchievement') ?? operation
}

/** The parameters of a path: existing ids, unless the operation itself creates the resource. */
function hintsFor({ operationId, method }: Operation): Hints {
  const achievementCode = GLOBAL.test(operationId) ? 'together' : 'alone'
  return {
    namespace: NAMESPACE,
    userId: USER,
    defaultLanguage: 'en',
    statCode: STAT,
    targetOrder: 1,
    achievementCode: method === 'POST' && operationId.includes('Create') ? 'created' : achievementCode,
    achievementCodes: ['alone', 'together', 'none'],
    codes: ['alone', 'none'],
    status: 2,
    language: 'en',
    file: JSON.stringify([DEFINITION]),
    strategy: 'replace',
  }
}

const DEFINITION = {
  achievementCode: 'alone',
  defaultLanguage: 'en',
  name: { en: 'Alone' },
  description: { en: 'By you' },
  lockedIcons: [{ url: '', slug: 's' }],
  unlockedIcons: [],
  hidden: true,
  tags: ['a', 'b'],
  incremental: false,
  goalValue: 0,
  statCode: '',
}
const TOGETHER = {
  achievementCode: 'together',
  incremental: true,
  goalValue: GOAL,
  statCode: STAT,
  global: true,
}

/** Whatever the last request took away is there again: definitions, an unlock, and a goal that all have reached. */
async function prepare(baseUrl: string): Promise<void> {
  const admin = `/achievement/v1/admin/namespaces/${NAMESPACE}`
  const create = { method: 'POST', path: `${admin}/achievements` }
  await send(baseUrl, { method: 'DELETE', path: `${create.path}/created` })
  await send(baseUrl, { ...create, body: JSON.stringify(DEFINITION) })
  await send(baseUrl, { ...create, body: JSON.stringify({ ...DEFINITION, ...TOGETHER }) })
  await send(baseUrl, { method: 'PUT', path: `${admin}/users/${USER}/achievements/alone/unlock` })
  await send(baseUrl, {
    method: 'PUT',
    path: `/social/v2/admin/namespaces/${NAMESPACE}/users/${USER}/stats/${STAT}/statitems/value`,
    body: JSON.stringify({ updateStrategy: 'INCREMENT', value: GOAL }),
  })
}

/** Until 2022 the document had a schema of the file, too. */
async function problemsOfExport(folder: string, baseUrl: string): Promise<readonly string[]> {
  await prepare(baseUrl)
  const problemsIn = await readSchema(join(folder, 'export.schema.models.Achievement.2022.json'))
  const path = `/achievement/v1/admin/namespaces/${NAMESPACE}/achievements/export`
  const { text } = await send(baseUrl, { method: 'GET', path })
  return problemsIn(text)
}

async function send(baseUrl: string, { method, path, body }: ApiRequest) {
  const response = await fetch(`${baseUrl}${path}`, { method, body: body ?? null })
  return { status: response.status, text: await response.text() }
}
