import { formatJson } from '../../model/exact-json.ts'
import { formatInstant, type Instant, parseInstant } from '../../model/instant.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import type { DefinitionKind } from '../../model/record-line.ts'
import type { Stat } from '../../model/stat.ts'
import type { Title } from '../../model/title.ts'
import type { AchievementWrite } from '../../store/achievements/achievements.ts'
import type { FormatRecord, RecordOf } from '../audit/record-change.ts'
import { FieldError } from '../lines/field-error.ts'
import { readId } from '../lines/ids.ts'

/** The definitions of lines, without etags. */
export interface Definitions {
  readonly title: Title
  readonly stat: Stat
  readonly achievement: AchievementWrite & { readonly titleId: string }
}

/** Returns the definition of a message of the contract, in JSON. @throws LaurelError INVALID_FIELD */
export type ParseDefinition = <Kind extends DefinitionKind>(
  kind: Kind,
  message: JsonObject,
) => Definitions[Kind]

type Provenance = Pick<AchievementWrite, 'statedTimes' | 'mintedIds'>

/** Returns the line of a definition: the message of the contract without its etag, and what the contract does not show. */
export function formatDefinition<Kind extends DefinitionKind>(
  { formatRecord }: { readonly formatRecord: FormatRecord },
  kind: Kind,
  record: RecordOf<Kind>,
): string {
  const { etag: _, ...message } = formatRecord(kind, record)
  return `${formatJson({ kind, [kind]: message, ...formatProvenance(record as Provenance) })}\n`
}

function formatProvenance({ statedTimes = {}, mintedIds = {} }: Provenance): JsonObject {
  const times = Object.entries(statedTimes).map(([name, time]) => [name, formatInstant(time, 7)] as const)
  return {
    ...(times.length === 0 ? {} : { statedTimes: Object.fromEntries(times) }),
    ...(Object.keys(mintedIds).length === 0 ? {} : { mintedIds }),
  }
}

/** @throws LaurelError, FieldError */
export function readDefinition<Kind extends DefinitionKind>(
  { parseDefinition }: { readonly parseDefinition: ParseDefinition },
  kind: Kind,
  line: JsonObject,
): Definitions[Kind] {
  const { kind: _kind, [kind as string]: message, ...others } = line
  if (!isJsonObject(message)) throw new FieldError(kind, 'an object', message)
  const definition = parseDefinition(kind, message)
  readId(`${kind}.titleId`, message['titleId'])
  if (kind === 'achievement') readId('achievement.achievementId', message['achievementId'])
  if (kind === 'stat') readId('stat.statCode', message['statCode'])
  const { statedTimes, mintedIds, ...unknown } = others
  const [surplus] = Object.entries(kind === 'achievement' ? unknown : others)
  if (surplus !== undefined) throw new FieldError(surplus[0], 'absent', surplus[1])
  return {
    ...definition,
    ...(statedTimes === undefined ? {} : { statedTimes: readTimes(statedTimes) }),
    ...(mintedIds === undefined ? {} : { mintedIds: readTexts('mintedIds', mintedIds) }),
  }
}

function readTimes(value: JsonValue): Readonly<Record<string, Instant>> {
  return Object.fromEntries(
    Object.entries(readTexts('statedTimes', value)).map(([name, text]) => {
      const instant = parseInstant(text)
      if (instant === undefined || (name !== 'createTime' && name !== 'updateTime'))
        throw new FieldError(`statedTimes.${name}`, 'createTime or updateTime, in RFC 3339', text)
      return [name, instant]
    }),
  )
}

function readTexts(field: string, value: JsonValue): Readonly<Record<string, string>> {
  if (isJsonObject(value) && Object.values(value).every((text) => typeof text === 'string'))
    return value as Readonly<Record<string, string>>
  throw new FieldError(field, 'an object of texts', value)
}
