import { z } from 'zod'
import { Refusal } from '../../../src/dialect/refusal.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import type { Stat } from '../../../src/model/stat.ts'
import { isLongerThan } from '../../../src/model/text-length.ts'
import { isDouble } from '../schema.ts'
import { writeDouble, writeInstant } from '../values.ts'

/** A double, as JSON has it. */
export const double = z
  .custom<number | bigint>(isDouble, { error: 'expected a number that fits a double' })
  .transform(Number)

export const statCode = z
  .string({ error: 'expected a stat code' })
  .regex(/^\P{Cc}+$/u, { error: 'expected a stat code without control characters' })
  .refine((code) => !isLongerThan(code, LIMITS.id), {
    error: `expected a stat code of at most ${LIMITS.id} characters`,
  })

const text = z
  .string({ error: 'expected a string' })
  .refine((said) => !isLongerThan(said, LIMITS.text), { error: 'expected a shorter text' })
const flag = z.boolean({ error: 'expected true or false' })
const cycleOverride = z.object({ cycleId: text }, { error: 'expected an override of a cycle' })

/** Members that the model cannot hold; they are stored in the stat's extension. */
const STORED_MEMBERS = {
  description: text,
  tags: z
    .array(text, { error: 'expected an array of tags' })
    .max(LIMITS.tags, { error: `expected at most ${LIMITS.tags} tags` })
    .refine((tags) => new Set(tags).size === tags.length, { error: 'expected each tag once' }),
  isPublic: flag,
  setAsGlobal: flag,
  globalAggregationMethod: z.enum(['LAST', 'MAX', 'MIN', 'TOTAL'], {
    error: 'expected LAST, MAX, MIN or TOTAL',
  }),
  visibility: z.enum(['SERVERONLY', 'SHOWALL'], { error: 'expected SHOWALL or SERVERONLY' }),
  capCycleOverride: flag,
  ignoreAdditionalDataOnValueRejected: flag,
}

const extensionSchema = z.object(STORED_MEMBERS).partial()
const setBy = z.enum(['CLIENT', 'SERVER'], { error: 'expected CLIENT or SERVER' })

/** `StatUpdate`: a member that is absent or null changes nothing. */
export const statUpdateSchema = z.object({
  name: text.nullish(),
  defaultValue: double.nullish(),
  setBy: setBy.nullish(),
  minimum: double.nullish(),
  maximum: double.nullish(),
  incrementOnly: flag.nullish(),
  description: STORED_MEMBERS.description.nullish(),
  tags: STORED_MEMBERS.tags.nullish(),
  isPublic: flag.nullish(),
  setAsGlobal: flag.nullish(),
  globalAggregationMethod: STORED_MEMBERS.globalAggregationMethod.nullish(),
  visibility: STORED_MEMBERS.visibility.nullish(),
  capCycleOverride: flag.nullish(),
  ignoreAdditionalDataOnValueRejected: flag.nullish(),
  cycleIds: z.array(text, { error: 'expected an array of cycle ids' }).nullish(),
  cycleOverrides: z.array(cycleOverride, { error: 'expected an array of overrides' }).nullish(),
})

/** `StatCreate` */
export const statCreateSchema = statUpdateSchema.extend({ statCode, name: text, defaultValue: double, setBy })

export type StatUpdateBody = z.output<typeof statUpdateSchema>

/** Returns the members of a stat in a body, with the other members of the stat's extension. */
export function readStat(body: StatUpdateBody, extensions: Stat['extensions']) {
  const { name, defaultValue, minimum, maximum, incrementOnly } = body
  const stored = Object.keys(STORED_MEMBERS).map(
    (member) => [member, body[member as keyof typeof STORED_MEMBERS]] as const,
  )
  const said = stored.filter(([, value]) => value !== null && value !== undefined)
  const members = {
    displayName: name ?? undefined,
    defaultValue: defaultValue ?? undefined,
    minimum: minimum ?? undefined,
    maximum: maximum ?? undefined,
    incrementOnly: incrementOnly ?? undefined,
    setBy: body.setBy && (body.setBy === 'CLIENT' ? ('client' as const) : ('server' as const)),
  }
  return {
    ...definedOf(members),
    extensions: {
      ...extensions,
      accelbyte: { ...extensions['accelbyte'], ...(Object.fromEntries(said) as JsonObject) },
    },
  }
}

type Defined<Members> = { readonly [Name in keyof Members]?: NonNullable<Members[Name]> }

function definedOf<Members extends object>(members: Members): Defined<Members> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(entries) as Defined<Members>
}

/** Laurel keeps no cycles, so that each id of one is unknown: refused by the service's own word for that. */
export function refuseCycles({ cycleIds, cycleOverrides }: StatUpdateBody, namespace: string): void {
  const [id] = [...(cycleIds ?? []), ...(cycleOverrides ?? []).map(({ cycleId }) => cycleId)]
  if (id === undefined) return
  const errorMessage = `Stat cycle [${id}] cannot be found in namespace [${namespace}]`
  throw new Refusal(404, { errorCode: 12245, errorMessage, messageVariables: { id, namespace } })
}

/** Reads the extension if this gateway wrote it: gRPC callers may store any JSON there. */
export function extensionOf({ extensions }: Pick<Stat, 'extensions'>): z.output<typeof extensionSchema> {
  return extensionSchema.safeParse(extensions['accelbyte'] ?? {}).data ?? {}
}

/** `StatInfo`. A stat without bounds has those of a double here. */
export function writeStat(stat: Stat, namespace: string, isUsed: boolean): JsonObject {
  const { globalAggregationMethod, description, ...stored } = extensionOf(stat)
  const setAsGlobal = stored.setAsGlobal ?? false
  return {
    statCode: stat.code,
    namespace,
    name: stat.displayName || stat.code,
    ...(description === undefined ? {} : { description }),
    defaultValue: writeDouble(stat.defaultValue),
    minimum: writeDouble(stat.minimum ?? -Number.MAX_VALUE),
    maximum: writeDouble(stat.maximum ?? Number.MAX_VALUE),
    incrementOnly: stat.incrementOnly,
    setBy: stat.setBy === 'client' ? 'CLIENT' : 'SERVER',
    setAsGlobal,
    ...(setAsGlobal ? { globalAggregationMethod: globalAggregationMethod ?? 'TOTAL' } : {}),
    isPublic: stored.isPublic ?? false,
    visibility: stored.visibility ?? 'SHOWALL',
    tags: stored.tags ?? [],
    cycleIds: [],
    cycleOverrides: [],
    capCycleOverride: stored.capCycleOverride ?? false,
    ignoreAdditionalDataOnValueRejected: stored.ignoreAdditionalDataOnValueRejected ?? false,
    status: isUsed ? 'TIED' : 'INIT',
    createdAt: writeInstant(stat.createTime),
    updatedAt: writeInstant(stat.updateTime),
  }
}
