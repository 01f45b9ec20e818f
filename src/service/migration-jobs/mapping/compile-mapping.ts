import type { Adapter } from '../../../dialect/adapter.ts'
import { EMPTY_OBJECT } from '../../../dialect/empty.ts'
import { type Instant, LATEST_INSTANT } from '../../../model/instant.ts'
import type { JsonValue } from '../../../model/json.ts'
import type {
  MappedPlayer,
  MappedPlayerId,
  MappedRecord,
  MappedValue,
  MigrationMapping,
} from '../../../model/migration-mapping.ts'
import { FieldError } from '../../lines/field-error.ts'
import { mappedIdReader, readId, readPlayerId, requireUndamaged } from '../../lines/ids.ts'
import type { Refused } from '../../lines/refused.ts'
import type { FieldReader } from './fields.ts'
import { ANY_TEXT, flagReader } from './flags.ts'
import { percentReader, stepsReader } from './numbers.ts'
import { knownTimeReader, timeReader } from './times.ts'

export interface MappingContext {
  readonly dialects: ReadonlyMap<string, Adapter>
  /** Later update times are unknown. */
  readonly latest: Instant
  /** The account of all entries of a dialect's document, which then need not name it. */
  readonly account?: string | undefined
}

type Read<Raw, Value> = (record: Raw) => Value

interface MappedValues {
  /** Whether the record has any member of a value, an empty one too. */
  readonly isStated: boolean
  readonly percent: number | undefined
  readonly values: Readonly<Record<string, string>>
}

const NO_VALUES: MappedValues = { isStated: false, percent: undefined, values: EMPTY_OBJECT }

/**
 * Returns the function that maps a record of an input, for a mapping without violations.
 * @param fieldOf returns the reader of a field
 */
export function compileMapping<Raw>(
  mapping: MigrationMapping,
  { dialects, latest }: MappingContext,
  fieldOf: (field: string) => FieldReader<Raw>,
): (record: Raw) => MappedRecord | Refused {
  const { title, player, achievement, revoked, unlockTime, updateTime } = mapping
  if (player === undefined || achievement === undefined) throw new TypeError('the mapping was not checked')
  const titleOf = title && fieldThen(fieldOf(title.field), mappedIdReader(title.field, title.ids))
  const playerOf = fieldThen(fieldOf(player.field), playerReader(player, dialects))
  const achievementOf = fieldThen(
    fieldOf(achievement.field),
    mappedIdReader(achievement.field, achievement.ids),
  )
  const timeOf = unlockTime && fieldThen(fieldOf(unlockTime.field), timeReader(unlockTime, LATEST_INSTANT))
  const updateTimeOf = updateTime && fieldThen(fieldOf(updateTime.field), knownTimeReader(updateTime, latest))
  const revokedOf = revoked && fieldThen(fieldOf(revoked.field), flagReader(revoked))
  const progressOf = progressReader(mapping, fieldOf)
  return (record) => {
    try {
      const time = timeOf?.(record)
      const { unlocked, percent, values } = progressOf(record, time)
      return {
        titleId: titleOf?.(record),
        player: playerOf(record),
        achievement: { dialect: achievement.dialect, id: achievementOf(record) },
        binding: undefined,
        unlocked,
        percent,
        values,
        unlockTime: time,
        updateTime: updateTimeOf?.(record),
        revoked: revokedOf?.(record) ?? false,
        extensions: EMPTY_OBJECT,
        progress: undefined,
      }
    } catch (error) {
      return refusalOf(error)
    }
  }
}

/** Returns the refusal of a record that cannot be mapped. @throws any other error */
export function refusalOf(error: unknown): Refused {
  if (error instanceof FieldError) return { refusal: error.message }
  throw error
}

/** Returns a reader of players' ids. @throws FieldError for an account that the dialect does not have */
export function playerReader(
  { field, dialect, usesIdentities }: MappedPlayer,
  dialects: ReadonlyMap<string, Adapter>,
): (value: JsonValue | undefined) => MappedPlayerId {
  if (usesIdentities) return (value) => ({ kind: 'identity', id: readPlayerId(field, value) })
  if (dialect === undefined) return (value) => ({ kind: 'player', id: readPlayerId(field, value) })
  const form = dialects.get(dialect)?.ids.account
  return (value) => {
    const id = readId(field, value)
    if (form?.accepts(id) === false) throw new FieldError(field, form.form, value)
    return { kind: 'account', dialect, id: requireUndamaged(field, id) }
  }
}

function fieldThen<Raw, Value>(
  field: FieldReader<Raw>,
  read: (value: JsonValue | undefined) => Value,
): Read<Raw, Value> {
  return (record) => read(field(record))
}

/**
 * Returns a reader of a record's progress. A record that lacks each mapped member is refused, because the mapping may be wrong; one whose
 * members are empty has not begun.
 */
function progressReader<Raw>(
  { values, unlocked, unlockTime }: MigrationMapping,
  fieldOf: (field: string) => FieldReader<Raw>,
): (record: Raw, time: Instant | undefined) => Pick<MappedRecord, 'unlocked' | 'percent' | 'values'> {
  const flagOf = unlocked && fieldThen(fieldOf(unlocked.field), flagReader(unlocked))
  const valuesOf = valuesReader(values, fieldOf)
  const rawTimeOf = unlockTime && fieldOf(unlockTime.field)
  const firstField = unlocked?.field ?? values[0]?.field
  // A flag that is true for any text takes an unknown time as false.
  const flagIsTime =
    unlocked !== undefined && unlocked.field === unlockTime?.field && unlocked.trueTexts.includes(ANY_TEXT)
  return (record, time) => {
    if (firstField === undefined) return { unlocked: true, percent: undefined, values: EMPTY_OBJECT }
    const flag = flagOf?.(record)
    const { isStated, percent, values: steps } = valuesOf(record)
    if (flag === undefined && !isStated && rawTimeOf?.(record) === undefined) {
      throw new FieldError(firstField, 'in each record', undefined)
    }
    if (flag !== undefined)
      return { unlocked: flag && !(flagIsTime && time === undefined), percent, values: steps }
    const hasValue = percent !== undefined || steps !== EMPTY_OBJECT
    return { unlocked: hasValue ? undefined : time !== undefined, percent, values: steps }
  }
}

function valuesReader<Raw>(
  mapped: readonly MappedValue[],
  fieldOf: (field: string) => FieldReader<Raw>,
): Read<Raw, MappedValues> {
  if (mapped.length === 0) return () => NO_VALUES
  const [only] = mapped
  if (mapped.length === 1 && only !== undefined) return singleValueReader(only, fieldOf(only.field))
  const readers = mapped.map((value) => singleValueReader(value, fieldOf(value.field)))
  return (record) => {
    let result = NO_VALUES
    for (const read of readers) {
      const { isStated, percent, values } = read(record)
      result = {
        isStated: result.isStated || isStated,
        percent: percent ?? result.percent,
        // Spreading defines own members, whatever their names.
        values: values === EMPTY_OBJECT ? result.values : { ...result.values, ...values },
      }
    }
    return result
  }
}

function singleValueReader<Raw>(
  { field, unit, requirementId, scale }: MappedValue,
  fieldValue: FieldReader<Raw>,
): Read<Raw, MappedValues> {
  if (unit === 'steps') {
    const read = stepsReader(field, scale)
    return (record) => {
      const value = fieldValue(record)
      const text = read(value)
      const values = text === undefined ? EMPTY_OBJECT : { [requirementId]: text }
      return { isStated: value !== undefined, percent: undefined, values }
    }
  }
  const read = percentReader(field, unit, scale)
  return (record) => {
    const value = fieldValue(record)
    return { isStated: value !== undefined, percent: read(value), values: EMPTY_OBJECT }
  }
}
