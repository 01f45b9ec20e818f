import { formatPath, type Path } from '../../src/dialect/losses.ts'
import { parseInstant } from '../../src/model/instant.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { differences } from '../conformance/differences.ts'

type Value = JsonValue | undefined

interface Normalisation {
  readonly dialect: string
  /** What the path of a difference ends with. */
  readonly path: RegExp
  /** Whether this pair is what the dialect's README speaks of. */
  readonly holds: (before: Value, after: Value) => boolean
  /** As the README puts it. */
  readonly reason: string
}

const isWritten = (before: Value, after: Value) => (before ?? null) === null && after !== undefined
const isLeftOut = (before: Value, after: Value) => before !== undefined && after === undefined
const isSameInstant = (before: Value, after: Value) =>
  typeof before === 'string' && typeof after === 'string' && parseInstant(before) === parseInstant(after)

/** All that may come back otherwise than it came in. */
const NORMALISATIONS: readonly Normalisation[] = [
  {
    dialect: 'xbox',
    path: /\.(mediaAsset|operationType|valueType|ruleParticipationType|requirements)$/,
    holds: isWritten,
    reason: 'what the wire requires and the document leaves out is written',
  },
  {
    dialect: 'xbox',
    path: /\.progression\.achievementState$/,
    holds: isLeftOut,
    reason: 'it repeats progressState',
  },
  { dialect: 'xbox', path: /\.platform$/, holds: isLeftOut, reason: 'platform becomes platforms' },
  { dialect: 'xbox', path: /\.platforms$/, holds: isWritten, reason: 'platform becomes platforms' },
  {
    dialect: 'xbox',
    path: /\.(startDate|endDate|timeUnlocked)$/,
    holds: isSameInstant,
    reason: 'instants are written in UTC with seven digits',
  },
  {
    dialect: 'xbox',
    path: /^\$\.version$/,
    holds: isLeftOut,
    reason: 'it stands beside the list and in no entry; reported as a loss',
  },
]

export interface Comparison {
  /** Differences that nothing explains. */
  readonly unexplained: readonly string[]
  /** Differences that a normalisation explains, with its reason. */
  readonly explained: readonly string[]
}

export function compare(dialect: string, before: JsonValue, after: JsonValue): Comparison {
  const unexplained: string[] = []
  const explained: string[] = []
  for (const path of differences(before, after)) {
    const text = formatPath(path)
    const [was, is] = [valueAt(before, path), valueAt(after, path)]
    const found = NORMALISATIONS.find(
      (one) => one.dialect === dialect && one.path.test(text) && one.holds(was, is),
    )
    if (found === undefined) unexplained.push(text)
    else explained.push(`${text}: ${found.reason}`)
  }
  return { unexplained, explained }
}

function valueAt(value: JsonValue, path: Path): Value {
  return path.reduce<Value>((current, step) => {
    const isComposite = typeof current === 'object' && current !== null
    return isComposite && Object.hasOwn(current, step)
      ? (current as Readonly<Record<string | number, JsonValue>>)[step]
      : undefined
  }, value)
}
