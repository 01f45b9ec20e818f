import { LATEST_INSTANT } from '../../../../model/instant.ts'
import type { JsonValue } from '../../../../model/json.ts'
import type { MappedTime } from '../../../../model/migration-mapping.ts'
import { FieldError } from '../../../lines/field-error.ts'
import { EMPTY_TEXTS } from '../flags.ts'
import { timeReader } from '../times.ts'
import {
  ACHIEVEMENT_NAMES,
  DOUBTFUL_TIME_NAMES,
  knownName,
  nameRank,
  PLAYER_NAMES,
  TIME_NAMES,
  TITLE_NAMES,
  UPDATE_TIME_NAMES,
} from './field-names.ts'
import { fieldsNamed, fieldsOfProgress, type SampleField, statedValues } from './sample.ts'

export interface GuessedTime {
  readonly time: MappedTime
  readonly reasons: readonly string[]
  /** By record: whether the time is known. */
  readonly isKnown: readonly boolean[]
}

/** 2100-01-01: later times show a wrong unit. */
const LATEST_LIKELY = 4_102_444_800n * 10_000_000n
const MAX_TRIED = 200

/** Forms of times in exports, beside RFC 3339. A text that several of them take is read by the first one. */
const PATTERNS: readonly string[] = [
  'yyyy-MM-dd',
  'yyyy-MM-dd HH:mm',
  'yyyy/MM/dd HH:mm:ss',
  'yyyy/MM/dd HH:mm',
  'yyyy/MM/dd',
  'yyyyMMddHHmmss',
  'yyyyMMdd',
  'M/d/yyyy h:mm:ss a',
  'M/d/yyyy h:mm a',
  'M/d/yyyy H:mm:ss',
  'M/d/yyyy H:mm',
  'M/d/yyyy',
  'd/M/yyyy H:mm:ss',
  'd/M/yyyy H:mm',
  'd/M/yyyy',
  'd.M.yyyy H:mm:ss',
  'd.M.yyyy H:mm',
  'd.M.yyyy',
  'd MMM yyyy HH:mm:ss',
  'd MMM yyyy',
  'MMM d, yyyy h:mm a',
  'MMM d, yyyy',
  "EEE, d MMM yyyy HH:mm:ss 'GMT'",
]

const BLANK: MappedTime = { field: '', format: 'rfc3339', pattern: '', timeZone: '', unknownTexts: [] }

/** Returns the unlock time among fields: the best name whose values are times. */
export function guessTime(fields: readonly SampleField[]): GuessedTime | undefined {
  for (const field of fieldsOfProgress(fields, TIME_NAMES)) {
    const guessed = timeOf(field, 'unlock time')
    if (guessed !== undefined) return guessed
  }
  return undefined
}

/** Returns the time at which records last changed. Times within an object of the player or the definition are ignored. */
export function guessUpdateTime(fields: readonly SampleField[]): GuessedTime | undefined {
  const own = fields.filter(({ path }) => !path.split('.').slice(0, -1).some(isSubject))
  for (const field of fieldsNamed(own, UPDATE_TIME_NAMES)) {
    const guessed = timeOf(field, 'update time')
    if (guessed !== undefined) return guessed
  }
  return undefined
}

function isSubject(name: string): boolean {
  return nameRank(name, [...PLAYER_NAMES, ...ACHIEVEMENT_NAMES, ...TITLE_NAMES]) !== undefined
}

type Meaning = 'unlock time' | 'update time'

/** Returns the time in a field; undefined if most of its values are none. */
function timeOf(field: SampleField, meaning: Meaning): GuessedTime | undefined {
  const values = statedValues(field).filter((value) => typeof value !== 'boolean')
  const tried = [...new Set(values)].slice(0, MAX_TRIED)
  if (tried.length === 0) return undefined
  const formats = (['rfc3339', 'unix_seconds', 'unix_milliseconds', 'ticks'] as const).map((format) => ({
    ...BLANK,
    field: field.path,
    format,
  }))
  const patterns = PATTERNS.map((pattern) => ({
    ...BLANK,
    field: field.path,
    format: 'pattern' as const,
    pattern,
  }))
  const candidates: readonly MappedTime[] = [...formats, ...patterns]
  const scored = candidates.map((time) => ({ time, ...countTimes(time, tried) }))
  const best = scored.reduce((left, right) => (right.known > left.known ? right : left))
  // A whole number is a time only if each one is a likely one: a count would be some of them by accident.
  if (best.known === 0 || best.read * 2 < tried.length) return undefined
  if (best.time.format !== 'rfc3339' && best.time.format !== 'pattern' && best.known * 2 < tried.length)
    return undefined
  return described(field, best.time, scored, meaning)
}

function described(
  field: SampleField,
  found: MappedTime,
  scored: readonly { readonly time: MappedTime; readonly known: number; readonly read: number }[],
  meaning: Meaning,
): GuessedTime {
  // Many records may have changed at once, and texts that are no times are unknown times anyway.
  const texts = meaning === 'update time' ? [] : unknownTextsOf(field, found)
  const time = { ...found, unknownTexts: texts }
  const read = timeReader(time, LATEST_INSTANT)
  const isKnown = field.values.map((value) => instantIn(read, value) !== undefined)
  const first = statedValues(field).find((value) => instantIn(read, value) !== undefined)
  const form = time.format === 'pattern' ? `the pattern ${time.pattern}` : NAMES[time.format]
  const reasons = [`${meaning}: ${field.path}, in ${form}, as in ${JSON.stringify(String(first ?? ''))}`]
  if (meaning === 'update time')
    reasons.push(`check that ${field.path} changes with each change of a record: --delta skips records by it`)
  else if (DOUBTFUL_TIME_NAMES.has(knownName(field.path, TIME_NAMES)))
    reasons.push(`check that ${field.path} is the time of the unlock: its name does not say so`)
  const isLocal = time.format === 'pattern' ? !time.pattern.includes('GMT') : /\d$/.test(String(first ?? ''))
  const hasText = time.format === 'pattern' || time.format === 'rfc3339'
  if (hasText && isLocal && !/[+-]\d\d(:?\d\d)?$/.test(String(first ?? '').slice(10)))
    reasons.push('the times have no offset and are read as UTC: set time_zone if they are local')
  const { known } = scored.find((each) => each.time === found) ?? { known: 0 }
  const other = scored.find(
    (each) => each.time !== found && each.known === known && swapsDay(each.time, found),
  )
  if (other !== undefined)
    reasons.push(
      `day and month cannot be distinguished in the first records: check ${time.pattern} against ${other.time.pattern}`,
    )
  if (texts.length > 0)
    reasons.push(
      `unknown times: ${texts.map((text) => JSON.stringify(text)).join(', ')}: remove those that are real times`,
    )
  return { time, reasons, isKnown }
}

const NAMES = {
  rfc3339: 'RFC 3339',
  unix_seconds: 'seconds since 1970',
  unix_milliseconds: 'milliseconds since 1970',
  ticks: '.NET ticks (100 ns since the year 1)',
} as const

function swapsDay(left: MappedTime, right: MappedTime): boolean {
  const swapped = right.pattern.startsWith('M/d') ? right.pattern.replace('M/d', 'd/M') : '-'
  return left.pattern === swapped
}

/** The values that the format cannot read, and a time that so many records have that no player can have caused it. */
function unknownTextsOf(field: SampleField, time: MappedTime): readonly string[] {
  const read = timeReader(time, LATEST_LIKELY)
  const texts = new Set<string>()
  const counts = new Map<string, number>()
  let knownCount = 0
  for (const value of field.values) {
    if (typeof value === 'string' && EMPTY_TEXTS.has(value.trim().toLowerCase())) {
      if (value.trim() !== '') texts.add(value.trim())
      continue
    }
    if (value === undefined || value === null || instantIn(read, value) === undefined) continue
    knownCount += 1
    counts.set(String(value), (counts.get(String(value)) ?? 0) + 1)
  }
  for (const [text, count] of counts)
    if (count >= MIN_REPEATED && count * 5 >= knownCount && counts.size > 1) texts.add(text)
  return [...texts]
}

const MIN_REPEATED = 5

/** `read`: values that are times, unknown ones included. `known`: likely times. */
function countTimes(time: MappedTime, values: readonly JsonValue[]): { known: number; read: number } {
  const read = timeReader(time, LATEST_LIKELY)
  let [known, all] = [0, 0]
  for (const value of values) {
    try {
      if (read(value) !== undefined) known += 1
      all += 1
    } catch (error) {
      if (!(error instanceof FieldError)) throw error
    }
  }
  return { known, read: all }
}

function instantIn(read: ReturnType<typeof timeReader>, value: JsonValue | undefined): bigint | undefined {
  try {
    return read(value)
  } catch (error) {
    if (error instanceof FieldError) return undefined
    throw error
  }
}
