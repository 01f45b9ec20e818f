import type { StoredAchievement } from '../../model/achievement.ts'
import { scoreOf } from '../../model/achievement.ts'
import { applyReport } from '../../model/apply-report.ts'
import { checkExtensions } from '../../model/check-achievement.ts'
import type { Instant } from '../../model/instant.ts'
import { LIMITS } from '../../model/limits.ts'
import type { MigrationJob } from '../../model/migration-job.ts'
import type { MappedRecord } from '../../model/migration-mapping.ts'
import { meets } from '../../model/percent.ts'
import { NOT_STARTED, type Progress, type Report, valueAt } from '../../model/progress.ts'
import { parseQuantity, type Quantity } from '../../model/quantity.ts'
import type { StagedProgress } from '../../store/migration-jobs/staged-progress.ts'
import { latestTime } from '../exchange/past-times.ts'
import type { Services } from '../services.ts'
import { problemOf } from './check-progress.ts'
import { isOfDialect } from './mapping/check-mapping.ts'

/** A row without its ordinal. */
export interface PreparedRow extends Omit<StagedProgress, 'ordinal'> {
  /** A time of the record that lies in the future: it is unknown in the progress. */
  readonly futureTime: Instant | undefined
}

export interface RowContext {
  readonly now: Instant
  /** Later times are unknown. */
  readonly latest: Instant
  readonly actor: string
  /** Whether a single value under any id belongs to the only requirement, and others are kept: entries of dialects. */
  readonly hasOwnValueIds: boolean
  /** Whether each row is written alone, with an event. */
  readonly writesEvents: boolean
}

export function rowContextOf(
  { mapping, deliveriesPerSecond }: JobOfRows,
  services: Pick<Services, 'now' | 'settings'>,
  actor: string,
): RowContext {
  const [now, latest] = [services.now(), latestTime(services)]
  return { now, latest, actor, hasOwnValueIds: isOfDialect(mapping), writesEvents: deliveriesPerSecond > 0 }
}

type JobOfRows = Pick<MigrationJob, 'mapping' | 'deliveriesPerSecond'>

/** Progress by the facts that decide it, but for its unlock time: many rows of an input have the same. */
type Prepared = Map<string, Progress | string>

/**
 * Prepares rows of a part: each gets the progress that a player without any would have after it, by the rules of reports. A row whose
 * progress exists already is combined with that later.
 */
export class RowPreparer {
  readonly #context: RowContext
  readonly #prepared = new WeakMap<StoredAchievement, Prepared>()

  constructor(context: RowContext) {
    this.#context = context
  }

  /** Returns the row, or why it is refused. */
  prepare(record: MappedRecord, achievement: StoredAchievement): PreparedRow | string {
    const [violation] = checkExtensions('', record.extensions, LIMITS.progressExtensionBytes)
    if (violation !== undefined) return `${violation.field}: ${violation.message}`
    const progress = this.#progressOf(record, achievement)
    if (typeof progress === 'string') return progress
    const futureTime =
      progress.state === 'achieved' || record.progress !== undefined
        ? futureTimeOf(record, this.#context)
        : undefined
    return {
      player: record.player,
      achievementId: achievement.id,
      progress,
      score: scoreOf(achievement),
      // A time that is lost is listed with the player's id, which only rows that are written alone have.
      isAlone:
        this.#context.writesEvents ||
        futureTime !== undefined ||
        achievement.requirements.some(({ statCode }) => statCode !== undefined),
      futureTime,
    }
  }

  #progressOf(record: MappedRecord, achievement: StoredAchievement): Progress | string {
    if (record.progress !== undefined) return restored(record.progress, achievement, this.#context)
    const { unlocked, percent, values, revoked, extensions, unlockTime } = record
    const hasExtensions = Object.keys(extensions).length > 0
    const key = hasExtensions ? undefined : JSON.stringify([unlocked, percent, values, revoked])
    const prepared = this.#preparedOf(achievement)
    let progress = key === undefined ? undefined : prepared.get(key)
    if (progress === undefined) {
      progress = progressOf(record, achievement, this.#context)
      if (key !== undefined && prepared.size < MAX_PREPARED) prepared.set(key, progress)
    }
    if (typeof progress === 'string' || progress.state !== 'achieved') return progress
    const time = pastTime(unlockTime, this.#context)
    return { ...progress, unlockTime: time, unlockPrecision: time === undefined ? 'unknown' : 'imported' }
  }

  #preparedOf(achievement: StoredAchievement): Prepared {
    const known = this.#prepared.get(achievement)
    if (known !== undefined) return known
    const prepared: Prepared = new Map()
    this.#prepared.set(achievement, prepared)
    return prepared
  }
}

/** Of one achievement. */
const MAX_PREPARED = 1_000

/** Returns the progress after the record, with an unknown unlock time; a text if it is refused. */
function progressOf(
  { unlocked, percent, values: texts, revoked, extensions }: MappedRecord,
  achievement: StoredAchievement,
  { now, actor, hasOwnValueIds }: RowContext,
): Progress | string {
  const values = quantitiesOf(texts, achievement, hasOwnValueIds)
  if (typeof values === 'string') return values
  const { requirements } = achievement
  const isMet =
    Object.keys(values).length > 0 &&
    requirements.length > 0 &&
    requirements.every((requirement) => meets(requirement, valueAt(values, requirement.id)))
  const saysNothing = percent === undefined && Object.keys(values).length === 0
  const isAchieved = unlocked ?? (saysNothing || (percent ?? 0) >= 100 || isMet)
  const isStarted = (percent ?? 0) > 0 || Object.values(values).some((value) => Number(value) !== 0)
  const report: Report = {
    kind: 'import',
    state: isAchieved ? 'achieved' : isStarted ? 'in_progress' : 'not_started',
    percent: Math.floor(percent ?? 0),
    values,
    unlockTime: undefined,
    revoked: isAchieved && revoked,
    extensions,
  }
  const outcome = applyReport(achievement, NOT_STARTED, report, { time: now, precision: 'exact', actor })
  if (outcome.kind === 'rejected') return `achievement ${achievement.id}: ${outcome.detail}`
  return outcome.progress
}

/** Returns values by requirement id; a text if one is refused. */
function quantitiesOf(
  texts: MappedRecord['values'],
  { id, requirements }: StoredAchievement,
  hasOwnValueIds: boolean,
): Readonly<Record<string, Quantity>> | string {
  const values: [string, Quantity][] = []
  const entries = Object.entries(texts)
  const isOnly = hasOwnValueIds && requirements.length === 1 && entries.length === 1
  for (const [given, text] of entries) {
    const name = isOnly ? '' : given
    const requirement = name === '' ? requirements[0] : requirements.find((each) => each.id === name)
    if (requirement === undefined && hasOwnValueIds) {
      // Kept as an import keeps them: the platform has values where the definition has no requirement.
      const value = parseQuantity(text, 'integer') ?? parseQuantity(text, 'double')
      if (value !== undefined) values.push([given, value])
      continue
    }
    if (requirement === undefined) {
      if (name === '') return `achievement ${id}: has no requirement, so it takes a percent and no steps`
      return `achievement ${id}: has no requirement ${name}`
    }
    if (name === '' && requirements.length > 1)
      return `achievement ${id}: has several requirements, so the mapping must name the one of the value`
    const value = parseQuantity(text, requirement.valueType) ?? roundedDown(text, requirement.valueType)
    if (value === undefined)
      return `requirement ${requirement.id}: must be a number of 64 bits, and is ${text}`
    values.push([requirement.id, value])
  }
  return Object.fromEntries(values)
}

/** Returns the integer of a decimal fraction: some systems count in doubles. */
function roundedDown(text: string, type: 'integer' | 'double'): Quantity | undefined {
  const number = type === 'integer' ? parseQuantity(text, 'double') : undefined
  if (typeof number !== 'number' || !Number.isSafeInteger(Math.floor(number))) return undefined
  return BigInt(Math.floor(number))
}

/** Progress of another Laurel, as it stands; a revision of the definition may be another one there. */
function restored(
  progress: Progress,
  achievement: StoredAchievement,
  context: RowContext,
): Progress | string {
  if (achievement.participation === 'community')
    return `achievement ${achievement.id}: all players earn it together, and its progress is not a player's`
  if (achievement.lifecycle === 'draft')
    return `achievement ${achievement.id}: it is a draft: set its lifecycle to live before the import`
  const problem = problemOf(progress)
  if (problem !== undefined) return problem
  const unlockTime = pastTime(progress.unlockTime, context)
  return {
    ...progress,
    unlockTime,
    unlockPrecision:
      progress.state === 'achieved' && unlockTime === undefined ? 'unknown' : progress.unlockPrecision,
    firstReportTime: pastTime(progress.firstReportTime, context),
    lastReportTime: pastTime(progress.lastReportTime, context),
    writer: progress.writer || context.actor,
  }
}

/** Returns the time as imports take it: now if it is ahead by no more than clocks may differ, and unknown if by more. */
function pastTime(time: Instant | undefined, { now, latest }: RowContext): Instant | undefined {
  if (time === undefined || time <= now) return time
  return time > latest ? undefined : now
}

function futureTimeOf({ unlockTime, progress }: MappedRecord, { latest }: RowContext): Instant | undefined {
  return [unlockTime, progress?.firstReportTime, progress?.lastReportTime].find(
    (time) => time !== undefined && time > latest,
  )
}
