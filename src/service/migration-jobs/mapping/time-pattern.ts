import { DateTime, IANAZone, type TokenParser } from 'luxon'
import { type Instant, instantFromMilliseconds, parseInstant } from '../../../model/instant.ts'
import { type LocalTimes, localTimesOf } from './time-zones.ts'

const FIXED_TOKENS = /(yyyy|MM|dd|HH|mm|ss|SSS)|'([^']*)'|([^A-Za-z'])/g
/** Characters of a pattern, and of a text in its form. */
const MAX_LENGTH = 128
/** Luxon keeps each text that a zone was looked up by, and 25 KB for each spelling of a zone that exists. */
const MAX_CACHED_ZONES = 1_000
const LOCALE = { zone: 'utc', locale: 'en-US' } as const
const SAMPLE = DateTime.fromISO('2021-11-23T14:35:52.678Z', { zone: 'utc' })

interface FixedToken {
  readonly name: string
  readonly start: number
}

/** Texts of fixed length, of digits and literals. */
interface FixedPattern {
  readonly tokens: readonly FixedToken[]
  /** The text with a digit 0 for each digit. */
  readonly shape: string
}

/** Returns a parser of texts of a pattern of Luxon; it returns undefined for any other text. */
export function patternParser(pattern: string, timeZone: string): (text: string) => Instant | undefined {
  const toInstant = hasOffset(pattern) ? (local: Instant) => local : localTimesOf(timeZone)
  const fixed = fixedPattern(pattern)
  if (fixed !== undefined) return (text) => parseFixed(fixed, text, toInstant)
  const parser = luxonParser(pattern)
  let count = 0
  return (text) => {
    if (text.length > MAX_LENGTH) return undefined
    count += 1
    if (count % MAX_CACHED_ZONES === 0) IANAZone.resetCache()
    const parsed = DateTime.fromFormatParser(text, parser, LOCALE)
    return parsed.isValid ? toInstant(instantFromMilliseconds(parsed.toMillis())) : undefined
  }
}

/** Returns the reason why a pattern cannot be used; undefined if it can. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern === '') return 'is needed: the format is a pattern'
  if (pattern.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`
  const tokens = withoutQuoted(pattern).match(/([A-Za-z])\1*/g) ?? []
  const unknown = tokens.find((token) => !TOKENS.has(token))
  if (unknown !== undefined)
    return `must not have ${unknown}: year, month and day are yyyy-MM-dd in Luxon's tokens`
  // Repeated tokens of one or two digits would take exponential time for a text of digits.
  const repeated = tokens.find((token, index) => tokens.findIndex(([letter]) => letter === token[0]) < index)
  if (repeated !== undefined) return `must have ${repeated[0]} only once`
  try {
    const read = DateTime.fromFormat(SAMPLE.toFormat(pattern, LOCALE), pattern, LOCALE)
    if (read.hasSame(SAMPLE, 'day')) return undefined
  } catch {
    // Luxon throws for a token that it cannot parse, such as a name of a zone in words.
  }
  return 'must have year, month and day in tokens that Luxon can parse, such as yyyy-MM-dd HH:mm:ss'
}

/** The tokens that Luxon parses alike in any locale; it takes other letters as they are, or as a whole date in local form. */
const TOKENS: ReadonlySet<string> = new Set(
  'y yy yyyy M MM MMM MMMM L LL LLL LLLL d dd o ooo E EEE EEEE H HH h hh m mm s ss S SSS u a z Z ZZ ZZZ'.split(
    ' ',
  ),
)

function withoutQuoted(pattern: string): string {
  return pattern.replace(/'[^']*'/g, '')
}

function luxonParser(pattern: string): TokenParser {
  return DateTime.buildFormatParser(pattern, LOCALE)
}

/** Tokens with z or Z state the zone; text in quotes is literal. */
function hasOffset(pattern: string): boolean {
  return /z/i.test(withoutQuoted(pattern))
}

/** Luxon takes 15 us for a text, so patterns of digits alone are parsed here. */
function fixedPattern(pattern: string): FixedPattern | undefined {
  const tokens: FixedToken[] = []
  let shape = ''
  let end = 0
  for (const match of pattern.matchAll(FIXED_TOKENS)) {
    if (match.index !== end) return undefined
    end += match[0].length
    const [, name, quoted, literal] = match
    if (name === undefined) {
      shape += quoted ?? literal ?? ''
      continue
    }
    if (tokens.some((token) => token.name === name)) return undefined
    tokens.push({ name, start: shape.length })
    shape += '0'.repeat(name.length)
  }
  // A quote in quotes, or a digit as a literal, is left to Luxon.
  const isFixed = end === pattern.length && !/\d|''/.test(pattern)
  return isFixed ? { tokens, shape } : undefined
}

function parseFixed(
  { tokens, shape }: FixedPattern,
  text: string,
  toInstant: LocalTimes,
): Instant | undefined {
  if (text.replace(/\d/g, '0') !== shape) return undefined
  const part = (name: string, missing: string) => {
    const token = tokens.find((one) => one.name === name)
    return token === undefined ? missing : text.slice(token.start, token.start + name.length)
  }
  const date = `${part('yyyy', '')}-${part('MM', '')}-${part('dd', '')}`
  const time = `${part('HH', '00')}:${part('mm', '00')}:${part('ss', '00')}.${part('SSS', '0')}`
  const local = parseInstant(`${date}T${time}Z`)
  return local === undefined ? undefined : toInstant(local)
}
