import { z } from 'zod'
import { readAs } from '../../../src/dialect/decode-error.ts'
import { parseJson } from '../../../src/dialect/json-text.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { isLongerThan } from '../../../src/model/text-length.ts'
import { ACTION } from '../update.ts'

export interface UpdateRequest {
  readonly serviceConfigId: string | undefined
  readonly titleId: string | undefined
  readonly userId: string | undefined
  /** The highest percent of each achievement, by its id: above 100 acts as 100. */
  readonly percents: ReadonlyMap<string, number>
}

/** Tools send text for numbers and numbers for text. */
const digits = z
  .union([z.string(), z.int(), z.bigint()], 'expected a string or an integer')
  .transform((said) => String(said).trim())
  .refine((text) => text !== '' && !isLongerThan(text, LIMITS.id), `expected 1 to ${LIMITS.id} characters`)

const percent = z
  .union([z.number(), z.bigint(), z.string().regex(/^\s*\d{1,9}(\.\d{1,9})?\s*$/)], 'expected a percent')
  .transform(Number)
  .refine((value) => value >= 0, 'expected a percent of 0 or more')
  .transform((value) => Math.min(100, Math.floor(value)))

const schema = z.looseObject({
  action: z
    .string()
    .refine((said) => said.toLowerCase() === ACTION.toLowerCase(), `expected ${ACTION}`)
    .nullish(),
  serviceConfigId: z.string().nullish(),
  titleId: digits.nullish(),
  userId: digits.nullish(),
  achievements: z
    .array(z.looseObject({ id: digits, percentComplete: percent }), 'expected an array of achievements')
    .min(1, 'expected an achievement')
    .max(LIMITS.batchItems, `expected ${LIMITS.batchItems} achievements at most`),
})

/** @throws JsonSyntaxError, DecodeError or LaurelError for a body that cannot be read. */
export function readUpdateRequest(body: Uint8Array): UpdateRequest {
  const said = readAs(schema, parseJson(decode(body), LIMITS.messageValues))
  const percents = new Map<string, number>()
  for (const { id, percentComplete } of said.achievements) {
    percents.set(id, Math.max(percents.get(id) ?? 0, percentComplete))
  }
  return {
    serviceConfigId: said.serviceConfigId ?? undefined,
    titleId: said.titleId ?? undefined,
    userId: said.userId ?? undefined,
    percents,
  }
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new LaurelError('invalid_argument', 'DOCUMENT_MALFORMED', 'the body is not UTF-8 text')
  }
}
