import { z } from 'zod'

/** The members that clients require in responses about community goals and of the statistics service, and no others. */
const text = z.string()
const texts = z.record(text, text)
const time = z.iso.datetime()
const page = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ data: z.array(item), paging: z.strictObject({ previous: text, next: text }) })

export const globals = page(
  z.strictObject({
    id: text.length(24),
    achievementCode: text,
    namespace: text,
    name: texts,
    status: z.union([z.literal(1), z.literal(2)]),
    latestValue: z.number(),
    achievedAt: time.optional(),
    createdAt: time,
    updatedAt: time,
  }),
)

export const contributors = page(
  z.strictObject({
    id: text.length(24),
    namespace: text,
    achievementCode: text,
    userId: text,
    contributedValue: z.number(),
    createdAt: time,
    updatedAt: time,
  }),
)

export const contributions = page(
  z.strictObject({
    id: text.length(24),
    namespace: text,
    achievementCode: text,
    name: texts,
    userId: text,
    contributedValue: z.number(),
    canClaimReward: z.boolean(),
  }),
)

export const stat = z.strictObject({
  statCode: text,
  namespace: text,
  name: text,
  description: text.optional(),
  defaultValue: z.number(),
  minimum: z.number(),
  maximum: z.number(),
  incrementOnly: z.boolean(),
  setBy: z.enum(['CLIENT', 'SERVER']),
  setAsGlobal: z.boolean(),
  globalAggregationMethod: z.enum(['LAST', 'MAX', 'MIN', 'TOTAL']).optional(),
  isPublic: z.boolean(),
  visibility: z.enum(['SERVERONLY', 'SHOWALL']),
  tags: z.array(text),
  cycleIds: z.array(text).length(0),
  cycleOverrides: z.array(z.unknown()).length(0),
  capCycleOverride: z.boolean(),
  ignoreAdditionalDataOnValueRejected: z.boolean(),
  status: z.enum(['INIT', 'TIED']),
  createdAt: time,
  updatedAt: time,
})

export const stats = page(stat)

export const items = page(
  z.strictObject({
    statCode: text,
    statName: text,
    namespace: text,
    userId: text,
    value: z.number(),
    tags: z.array(text),
    createdAt: time,
    updatedAt: time,
  }),
)

export const holders = page(
  z.strictObject({ userId: text, value: z.number(), createdAt: time, updatedAt: time }),
)

export const values = z.array(z.strictObject({ profileId: text, statCode: text, value: z.number() }))
export const current = z.strictObject({ currentValue: z.number() })

const details = z.union([
  z.strictObject({ currentValue: z.number() }),
  z.strictObject({ errorCode: z.int32(), errorMessage: text.min(1) }),
])

export const results = z.array(
  z.strictObject({
    statCode: text,
    userId: text,
    requestId: text.optional(),
    success: z.boolean(),
    details,
  }),
)

/** `ErrorEntity` and `ValidationErrorEntity`; `response.Error` is the first two members of either. */
export const failure = z.strictObject({
  errorCode: z.int32(),
  errorMessage: text.min(1),
  messageVariables: texts.optional(),
  requiredPermission: z.strictObject({ resource: text, action: z.int32() }).optional(),
  errors: z.array(z.strictObject({ errorCode: text, errorField: text, errorMessage: text })).optional(),
})

/** Sends a request to the gateway at `baseUrl`, a body as JSON. */
export function accelByteCaller(baseUrl: string) {
  async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(baseUrl + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, text: await response.text() }
  }

  return {
    ask,

    /** A request that must succeed with this status; its answer as the schema reads it. */
    async expect<Schema extends z.ZodType>(
      [method, path, body]: readonly [method: string, path: string, body?: unknown],
      status: number,
      schema: Schema,
    ): Promise<z.output<Schema>> {
      const received = await ask(method, path, body)
      if (received.status !== status)
        throw new Error(`${method} ${path}: ${received.status} ${received.text}`)
      return schema.parse(received.text === '' ? '' : JSON.parse(received.text)) as z.output<Schema>
    },

    /** A request that must fail: its status, and the body of it. */
    async refused(method: string, path: string, body?: unknown) {
      const received = await ask(method, path, body)
      if (received.status < 400) throw new Error(`${method} ${path}: ${received.status} ${received.text}`)
      return { status: received.status, ...failure.parse(JSON.parse(received.text)) }
    },
  }
}

export const nothing = z.literal('')
