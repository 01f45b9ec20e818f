import type { MappedFlag, MappedValue } from '../../../../model/migration-mapping.ts'
import {
  FLAG_NAMES,
  knownName,
  nameRank,
  normalName,
  PERCENT_NAMES,
  REVOKED_NAMES,
  TARGET_NAMES,
  VALUE_NAMES,
} from './field-names.ts'
import type { GuessedTime } from './guess-time.ts'
import { fieldsNamed, fieldsOfProgress, type SampleField, statedValues } from './sample.ts'

export interface GuessedProgress {
  readonly values: readonly MappedValue[]
  readonly unlocked: MappedFlag | undefined
  readonly revoked: MappedFlag | undefined
  readonly reasons: readonly string[]
}

const TRUE_OR_FALSE: ReadonlySet<string> = new Set('true false 1 0 yes no t f y n'.split(' '))
/** Texts of states that mean an unlock. */
const UNLOCKED_TEXTS: ReadonlySet<string> = new Set(
  'achieved unlocked completed complete earned done awarded granted finished claimed redeemed'.split(' '),
)
const MAX_STATES = 12

/** Returns the fields of progress: a flag, a value with its unit, and whether the unlock was taken back. */
export function guessProgress(
  fields: readonly SampleField[],
  time: GuessedTime | undefined,
): GuessedProgress {
  const rest = fields.filter(({ path }) => path !== time?.time.field)
  const flag = guessFlag(rest, time)
  const isUnlocked = unlockedRecords(rest, flag.flag, time)
  const value = guessValue(
    rest.filter(({ path }) => path !== flag.flag?.field),
    isUnlocked,
  )
  const revoked = guessRevoked(rest)
  const doubts = flag.doubts.filter(({ path }) => path !== value?.value.field).map(({ reason }) => reason)
  const reasons = [...flag.reasons, ...doubts, ...(value?.reasons ?? []), ...(revoked?.reasons ?? [])]
  const parts = { values: value === undefined ? [] : [value.value], revoked: revoked?.flag }
  if (flag.flag !== undefined || value !== undefined || time === undefined)
    return { ...parts, unlocked: flag.flag, reasons }
  const known = { field: time.time.field, trueTexts: ['*'] }
  return { ...parts, unlocked: known, reasons: [...reasons, `unlocked: if ${known.field} is known`] }
}

interface Guessed<Part> {
  readonly reasons: readonly string[]
  readonly part: Part
}

/** A field that may be a flag. */
interface Doubt {
  readonly path: string
  readonly reason: string
}

function guessFlag(
  fields: readonly SampleField[],
  time: GuessedTime | undefined,
): { flag: MappedFlag | undefined; reasons: readonly string[]; doubts: readonly Doubt[] } {
  const doubts: Doubt[] = []
  for (const field of fieldsOfProgress(fields, FLAG_NAMES)) {
    if (nameRank(field.path, PERCENT_NAMES) !== undefined) continue
    const texts = [...new Set(statedValues(field).map((value) => String(value).trim()))]
    if (texts.length === 0) continue
    const guessed = texts.length > MAX_STATES ? undefined : trueTextsOf(field, texts, time)
    if (guessed !== undefined) {
      const { part: trueTexts, reasons } = guessed
      return { flag: { field: field.path, trueTexts }, reasons, doubts }
    }
    const shown = texts.slice(0, 5).map((text) => JSON.stringify(text))
    const reason = `not mapped: ${field.path}: which of ${shown.join(', ')} mean unlocked? Add it as unlocked, with true_texts`
    doubts.push({ path: field.path, reason })
  }
  return { flag: undefined, reasons: [], doubts }
}

function isState(path: string): boolean {
  return /(?:status|state)$/.test(knownName(path, FLAG_NAMES))
}

function trueTextsOf(
  { path, values }: SampleField,
  texts: readonly string[],
  time: GuessedTime | undefined,
): Guessed<readonly string[]> | undefined {
  if (texts.every((text) => TRUE_OR_FALSE.has(text.toLowerCase())))
    return { part: [], reasons: [`unlocked: ${path}, which is true or false`] }
  const known = texts.filter((text) => UNLOCKED_TEXTS.has(normalName(text)))
  const shown = (list: readonly string[]) => list.map((text) => JSON.stringify(text)).join(', ')
  if (known.length > 0) {
    const others = texts.filter((text) => !known.includes(text))
    const rest = others.length === 0 ? '' : `; ${shown(others)} mean locked`
    return { part: known, reasons: [`unlocked: ${path}, if it is ${shown(known)}${rest}`] }
  }
  if (time === undefined || !isState(path)) return undefined
  // Codes, such as 1 and 2: the unlocked ones are those with an unlock time.
  const withTime = new Set<string>()
  const withoutTime = new Set<string>()
  for (const [index, value] of values.entries()) {
    if (value === undefined || value === null) continue
    ;(time.isKnown[index] ? withTime : withoutTime).add(String(value).trim())
  }
  if (withTime.size === 0 || withoutTime.size === 0) return undefined
  if ([...withTime].some((text) => withoutTime.has(text))) return undefined
  const part = [...withTime]
  const reason = `unlocked: ${path}, if it is ${shown(part)}: these records, and no others, have an unlock time`
  return { part, reasons: [reason] }
}

function guessRevoked(
  fields: readonly SampleField[],
): { flag: MappedFlag; reasons: readonly string[] } | undefined {
  const field = fieldsNamed(fields, REVOKED_NAMES).find((each) =>
    statedValues(each).every((value) => TRUE_OR_FALSE.has(String(value).trim().toLowerCase())),
  )
  if (field === undefined) return undefined
  return { flag: { field: field.path, trueTexts: [] }, reasons: [`revoked: ${field.path}`] }
}

/** Returns for each record whether it is unlocked; undefined if no field says so. */
function unlockedRecords(
  fields: readonly SampleField[],
  flag: MappedFlag | undefined,
  time: GuessedTime | undefined,
): readonly boolean[] | undefined {
  const field = fields.find(({ path }) => path === flag?.field)
  if (flag === undefined || field === undefined) return time?.isKnown
  const texts = new Set(flag.trueTexts.length === 0 ? ['true', '1', 'yes', 't', 'y'] : flag.trueTexts)
  return field.values.map((value) => {
    const text = String(value ?? '').trim()
    return texts.has(text) || texts.has(text.toLowerCase())
  })
}

/** How many players of the game have the achievement. */
const OF_ALL_PLAYERS = /rarity|global|average/i

function guessValue(
  all: readonly SampleField[],
  isUnlocked: readonly boolean[] | undefined,
): { value: MappedValue; reasons: readonly string[] } | undefined {
  const fields = all.filter(({ path }) => !OF_ALL_PLAYERS.test(path))
  const percents = fieldsNamed(fields, PERCENT_NAMES)
  const candidates = [
    ...percents,
    ...fieldsOfProgress(fields, VALUE_NAMES).filter((field) => !percents.includes(field)),
  ]
  const reasons: string[] = []
  for (const field of candidates) {
    const numbers = numbersOf(field)
    if (numbers === undefined) {
      const [first] = statedValues(field)
      if (first !== undefined)
        reasons.push(
          `not mapped: ${field.path}, whose values are no plain numbers, such as ${JSON.stringify(String(first))}`,
        )
      continue
    }
    const { unit, scale, reason } = unitOf(field, numbers, isUnlocked)
    const value: MappedValue = { field: field.path, unit, requirementId: '', scale }
    const others = candidates.filter((each) => each !== field && numbersOf(each) !== undefined)
    const [target] = fieldsNamed(fields, TARGET_NAMES)
    if (unit === 'steps' && target !== undefined)
      reasons.push(
        `check that the target of each achievement is the one in ${target.path}, which is not mapped`,
      )
    if (others.length > 0) reasons.push(`not mapped: ${others.map(({ path }) => path).join(', ')}`)
    return { value, reasons: [`value: ${field.path}, ${reason}`, ...reasons] }
  }
  return undefined
}

function numbersOf(field: SampleField): readonly number[] | undefined {
  const values = statedValues(field)
  const numbers = values.map((value) => (typeof value === 'boolean' ? Number.NaN : Number(value)))
  return numbers.length > 0 && numbers.every((number) => Number.isFinite(number)) ? numbers : undefined
}

interface GuessedUnit {
  readonly unit: MappedValue['unit']
  readonly scale: number
  readonly reason: string
}

const STEPS: GuessedUnit = { unit: 'steps', scale: 1, reason: 'as steps of the only requirement' }
const PERCENT: GuessedUnit = { unit: 'percent', scale: 1, reason: 'as percent' }
const FRACTION: GuessedUnit = { unit: 'fraction', scale: 1, reason: 'as a fraction of 1' }
const BASIS_POINTS: GuessedUnit = { unit: 'percent', scale: 0.01, reason: 'as hundredths of a percent' }

/** Returns the unit by the name, the range, and the values of unlocked records. */
function unitOf(
  field: SampleField,
  numbers: readonly number[],
  isUnlocked: readonly boolean[] | undefined,
): GuessedUnit {
  const name = knownName(field.path, PERCENT_NAMES)
  const largest = Math.max(...numbers)
  const range = ` by its range ${Math.min(...numbers)} to ${largest}`
  const hasFractions = numbers.some((number) => !Number.isInteger(number))
  if (name === 'basispoints' || name === 'bps') return BASIS_POINTS
  if (name === 'fraction' || name === 'ratio') return largest > 1 ? withReason(PERCENT, range) : FRACTION
  if (largest <= 1 && hasFractions) return withReason(FRACTION, range)
  if (name !== '') {
    if (largest > 100) return largest <= 10_000 ? withReason(BASIS_POINTS, range) : withReason(STEPS, range)
    if (largest > 1 || name !== 'completion') return withReason(PERCENT, ' by its name')
  }
  const ends = new Set(
    field.values.flatMap((value, index) => (isUnlocked?.[index] && isStated(value) ? [Number(value)] : [])),
  )
  const [end] = ends
  if (ends.size === 1 && end === 100) return withReason(PERCENT, ': unlocked records have 100')
  if (ends.size === 1 && end === 1 && largest <= 1) return withReason(FRACTION, ': unlocked records have 1')
  // Unlocked records with several values have achievements with several targets.
  if (ends.size > 1) return withReason(STEPS, ': unlocked records have different values')
  const isProgress = knownName(field.path, VALUE_NAMES).includes('progress')
  if (largest === 100 || (largest < 100 && (hasFractions || isProgress)))
    return withReason(PERCENT, `${range}: check that it is not a count`)
  return withReason(STEPS, `${range}: check that it is not a percent`)
}

function isStated(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function withReason(unit: GuessedUnit, reason: string): GuessedUnit {
  return { ...unit, reason: `${unit.reason}${reason.startsWith(':') ? reason : `,${reason}`}` }
}
