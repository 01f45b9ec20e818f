import {
  MigrationFormat as FormatOnWire,
  type MappedAchievement as MappedAchievementMessage,
  type MappedFlag as MappedFlagMessage,
  type MappedPlayer as MappedPlayerMessage,
  type MappedTime as MappedTimeMessage,
  type MappedTitle as MappedTitleMessage,
  type MappedValue as MappedValueMessage,
  type MigrationMapping as MigrationMappingMessage,
  MigrationTimeFormat as TimeFormatOnWire,
  MigrationUnit as UnitOnWire,
} from '../../gen/laurel/v1/migration_job.ts'
import { LIMITS } from '../../model/limits.ts'
import type {
  MappedAchievement,
  MappedFlag,
  MappedId,
  MappedPlayer,
  MappedTime,
  MappedValue,
  MigrationFormat,
  MigrationMapping,
  MigrationTimeFormat,
  MigrationUnit,
} from '../../model/migration-mapping.ts'
import { readList, readMap, writeMap } from './collections.ts'
import { type Choices, readChoice, readFinite, readId, readOptionalId, readText } from './scalars.ts'
import type { Violations } from './violations.ts'

const FORMATS: Choices<FormatOnWire, MigrationFormat> = {
  [FormatOnWire.UNSPECIFIED]: undefined,
  [FormatOnWire.JSON_LINES]: 'json_lines',
  [FormatOnWire.CSV]: 'csv',
  [FormatOnWire.TSV]: 'tsv',
  [FormatOnWire.PLAYER_DOCUMENTS]: 'player_documents',
  [FormatOnWire.DIALECT_DOCUMENT]: 'dialect_document',
  [FormatOnWire.LAUREL]: 'laurel',
  [FormatOnWire.DIALECT_LINES]: 'dialect_lines',
}

const UNITS: Choices<UnitOnWire, MigrationUnit> = {
  [UnitOnWire.UNSPECIFIED]: undefined,
  [UnitOnWire.PERCENT]: 'percent',
  [UnitOnWire.FRACTION]: 'fraction',
  [UnitOnWire.STEPS]: 'steps',
}

const TIME_FORMATS: Choices<TimeFormatOnWire, MigrationTimeFormat> = {
  [TimeFormatOnWire.UNSPECIFIED]: undefined,
  [TimeFormatOnWire.RFC3339]: 'rfc3339',
  [TimeFormatOnWire.UNIX_SECONDS]: 'unix_seconds',
  [TimeFormatOnWire.UNIX_MILLISECONDS]: 'unix_milliseconds',
  [TimeFormatOnWire.TICKS]: 'ticks',
  [TimeFormatOnWire.PATTERN]: 'pattern',
}

const NO_MAPPING: MigrationMapping = {
  format: 'json_lines',
  dialect: undefined,
  records: '',
  title: undefined,
  player: undefined,
  achievement: undefined,
  values: [],
  unlocked: undefined,
  revoked: undefined,
  unlockTime: undefined,
  updateTime: undefined,
}

export function readMapping(
  message: MigrationMappingMessage | undefined,
  violations: Violations,
  path = 'job.mapping',
): MigrationMapping {
  if (message === undefined) return NO_MAPPING
  const optional = <Part, Read>(
    part: Part | undefined,
    name: string,
    read: (part: Part, path: string, violations: Violations) => Read,
  ) => part && read(part, `${path}.${name}`, violations)
  return {
    format: readChoice(message.format, FORMATS, FormatOnWire, `${path}.format`, violations),
    dialect: readOptionalId(message.dialect, `${path}.dialect`, violations),
    records: readText(message.records, `${path}.records`, violations, LIMITS.id),
    title: optional(message.title, 'title', readTitle),
    player: optional(message.player, 'player', readPlayer),
    achievement: optional(message.achievement, 'achievement', readAchievement),
    values: readList(message.values, LIMITS.mappedTexts, `${path}.values`, violations, readValue),
    unlocked: optional(message.unlocked, 'unlocked', readFlag),
    revoked: optional(message.revoked, 'revoked', readFlag),
    unlockTime: optional(message.unlockTime, 'unlock_time', readTime),
    updateTime: optional(message.updateTime, 'update_time', readTime),
  }
}

function readTitle({ field, ids }: MappedTitleMessage, path: string, violations: Violations): MappedId {
  return {
    field: readId(field, `${path}.field`, violations),
    ids: readMap(ids, LIMITS.mapping, `${path}.ids`, violations, readId),
  }
}

function readPlayer(
  { field, dialect, usesIdentities }: MappedPlayerMessage,
  path: string,
  violations: Violations,
): MappedPlayer {
  return {
    field: readId(field, `${path}.field`, violations),
    dialect: readOptionalId(dialect, `${path}.dialect`, violations),
    usesIdentities,
  }
}

function readAchievement(
  { field, dialect, ids }: MappedAchievementMessage,
  path: string,
  violations: Violations,
): MappedAchievement {
  return {
    ...readTitle({ field, ids }, path, violations),
    dialect: readOptionalId(dialect, `${path}.dialect`, violations),
  }
}

function readValue(
  { field, unit, requirementId, scale }: MappedValueMessage,
  path: string,
  violations: Violations,
): MappedValue {
  return {
    field: readId(field, `${path}.field`, violations),
    unit: readChoice(unit, UNITS, UnitOnWire, `${path}.unit`, violations),
    requirementId: readOptionalId(requirementId, `${path}.requirement_id`, violations) ?? '',
    scale: readFinite(scale, `${path}.scale`, violations) || 1,
  }
}

function readFlag({ field, trueTexts }: MappedFlagMessage, path: string, violations: Violations): MappedFlag {
  return {
    field: readId(field, `${path}.field`, violations),
    trueTexts: readList(trueTexts, LIMITS.mappedTexts, `${path}.true_texts`, violations, readShortText),
  }
}

function readTime(
  { field, format, pattern, timeZone, unknownTexts }: MappedTimeMessage,
  path: string,
  violations: Violations,
): MappedTime {
  return {
    field: readId(field, `${path}.field`, violations),
    format: readChoice(format, TIME_FORMATS, TimeFormatOnWire, `${path}.format`, violations),
    pattern: readShortText(pattern, `${path}.pattern`, violations),
    timeZone: readShortText(timeZone, `${path}.time_zone`, violations) || 'UTC',
    unknownTexts: readList(
      unknownTexts,
      LIMITS.mappedTexts,
      `${path}.unknown_texts`,
      violations,
      readShortText,
    ),
  }
}

function readShortText(text: string, path: string, violations: Violations): string {
  return readText(text, path, violations, LIMITS.id)
}

export function writeMapping(mapping: MigrationMapping): MigrationMappingMessage {
  const { title, player, achievement, unlocked, revoked, unlockTime, updateTime } = mapping
  const ids = (mapped: MappedId) => writeMap(mapped.ids, (id) => id)
  const flag = (mapped: MappedFlag | undefined) =>
    mapped && { field: mapped.field, trueTexts: [...mapped.trueTexts] }
  const time = (mapped: MappedTime | undefined) =>
    mapped && {
      ...mapped,
      format: onWire(TIME_FORMATS, mapped.format),
      unknownTexts: [...mapped.unknownTexts],
    }
  return {
    format: onWire(FORMATS, mapping.format),
    dialect: mapping.dialect ?? '',
    records: mapping.records,
    title: title && { field: title.field, ids: ids(title) },
    player: player && { ...player, dialect: player.dialect ?? '' },
    achievement: achievement && {
      field: achievement.field,
      dialect: achievement.dialect ?? '',
      ids: ids(achievement),
    },
    values: mapping.values.map((value) => ({ ...value, unit: onWire(UNITS, value.unit) })),
    unlocked: flag(unlocked),
    revoked: flag(revoked),
    unlockTime: time(unlockTime),
    updateTime: time(updateTime),
  }
}

function onWire<Value extends number, Meaning extends string>(
  choices: Choices<Value, Meaning>,
  meaning: Meaning,
): Value {
  const [value] = Object.entries(choices).find(([, each]) => each === meaning) as [string, Meaning]
  return Number(value) as Value
}
