import { z } from 'zod'
import * as schemas from './schemas.ts'

const A = '/achievement/v1/admin/namespaces/{namespace}'
const P = '/achievement/v1/public/namespaces/{namespace}'
const nothing = z.literal('')

/** The operations of the achievement service: how each is called, and its successful response. */
export const OPERATIONS = {
  AdminListAchievements: operation('GET', `${A}/achievements`, 200, schemas.achievements),
  AdminCreateNewAchievement: operation('POST', `${A}/achievements`, 201, schemas.achievement),
  ExportAchievements: operation('GET', `${A}/achievements/export`, 200, schemas.exported),
  ImportAchievements: operation('POST', `${A}/achievements/import`, 200, schemas.importResult),
  AdminGetAchievement: operation('GET', `${A}/achievements/{code}`, 200, schemas.achievement),
  AdminUpdateAchievement: operation('PUT', `${A}/achievements/{code}`, 200, schemas.achievement),
  AdminUpdateAchievementListOrder: operation('PATCH', `${A}/achievements/{code}`, 204, nothing),
  AdminDeleteAchievement: operation('DELETE', `${A}/achievements/{code}`, 204, nothing),
  BulkCreatePSNEvent: operation('POST', `${A}/platforms/psn/bulk`, 501, schemas.failure),
  AdminListTags: operation('GET', `${A}/tags`, 200, schemas.tags),
  AdminListUserAchievements: operation(
    'GET',
    `${A}/users/{userId}/achievements`,
    200,
    schemas.userAchievements,
  ),
  AdminBatchQueryUserAchievements: operation(
    'POST',
    `${A}/users/{userId}/achievements/batchQuery`,
    200,
    schemas.userRows,
  ),
  AdminBulkUnlockAchievement: operation(
    'PUT',
    `${A}/users/{userId}/achievements/bulkUnlock`,
    200,
    schemas.bulkUnlock,
  ),
  AdminResetAchievement: operation('DELETE', `${A}/users/{userId}/achievements/{code}/reset`, 204, nothing),
  AdminUnlockAchievement: operation('PUT', `${A}/users/{userId}/achievements/{code}/unlock`, 204, nothing),
  AdminAnonymizeUserAchievement: operation(
    'DELETE',
    `${A}/users/{userId}/anonymization/achievements`,
    204,
    nothing,
  ),
  PublicListAchievements: operation('GET', `${P}/achievements`, 200, schemas.publicAchievements),
  PublicGetAchievement: operation('GET', `${P}/achievements/{code}`, 200, schemas.anyAchievement),
  PublicListTags: operation('GET', `${P}/tags`, 200, schemas.tags),
  PublicListUserAchievements: operation(
    'GET',
    `${P}/users/{userId}/achievements`,
    200,
    schemas.userAchievements,
  ),
  PublicBulkUnlockAchievement: operation(
    'PUT',
    `${P}/users/{userId}/achievements/bulkUnlock`,
    200,
    schemas.bulkUnlock,
  ),
  PublicUnlockAchievement: operation('PUT', `${P}/users/{userId}/achievements/{code}/unlock`, 204, nothing),
} as const

type Name = keyof typeof OPERATIONS
type Answered<Called extends Name> = z.infer<(typeof OPERATIONS)[Called]['schema']>

export interface Asked {
  readonly namespace?: string
  readonly userId?: string
  readonly code?: string
  /** As it stands after the question mark. */
  readonly query?: string
  /** Sent as JSON; a text, bytes or a form as they are. */
  readonly body?: object | string | Uint8Array | FormData
  readonly headers?: Readonly<Record<string, string>>
}

export type AccelByteClient = ReturnType<typeof accelByteClient>

/** A client of the service at a base URL, in the given namespace unless a call names another. */
export function accelByteClient(baseUrl: string, usual: string) {
  /** Sends a request as it is, valid or not. */
  async function ask(name: Name, { namespace = usual, query, body, headers = {}, ...ids }: Asked = {}) {
    const { method, path } = OPERATIONS[name]
    const params: Readonly<Record<string, string | undefined>> = { namespace, ...ids }
    const url = path.replace(/\{(\w+)\}/g, (_, param) => encodeURIComponent(params[param] ?? ''))
    const plain = typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData
    const response = await fetch(`${baseUrl}${url}${query === undefined ? '' : `?${query}`}`, {
      method,
      headers,
      body: ((plain || body === undefined ? body : JSON.stringify(body)) as string | undefined) ?? null,
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text }
  }

  return {
    ask,

    /** Calls an operation that must succeed, and reads its answer. */
    async call<Called extends Name>(name: Called, asked: Asked = {}): Promise<Answered<Called>> {
      const { status, schema } = OPERATIONS[name]
      const received = await ask(name, asked)
      if (received.status !== status) throw new Error(`${name} answered ${received.status}: ${received.text}`)
      return schema.parse(received.text === '' ? '' : JSON.parse(received.text)) as Answered<Called>
    },

    /** Calls an operation that must fail, and reads how. */
    async fail(name: Name, asked: Asked = {}) {
      const { status, text } = await ask(name, asked)
      if (status < 400) throw new Error(`${name} answered ${status}: ${text}`)
      return { status, ...schemas.failure.parse(JSON.parse(text)) }
    },
  }
}

/** A request to create an achievement, as clients send it. */
export function definition(achievementCode: string, parts: object = {}) {
  return {
    achievementCode,
    defaultLanguage: 'en',
    name: { en: achievementCode },
    description: { en: `You did ${achievementCode}` },
    lockedIcons: [],
    unlockedIcons: [],
    hidden: false,
    tags: [],
    incremental: false,
    goalValue: 0,
    statCode: '',
    ...parts,
  }
}

function operation<Schema extends z.ZodType>(method: string, path: string, status: number, schema: Schema) {
  return { method, path, status, schema }
}
