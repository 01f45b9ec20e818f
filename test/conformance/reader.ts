import type { Adapter, Canonical, ProgressFacts } from '../../src/dialect/adapter.ts'
import { BLANK_ACHIEVEMENT } from '../../src/dialect/kit/blank.ts'
import type { Path } from '../../src/dialect/losses.ts'
import { hasFacts } from '../../src/dialect/translate.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import { applyReport } from '../../src/model/apply-report.ts'
import { NOT_STARTED } from '../../src/model/progress.ts'
import { reportOf } from '../../src/service/exchange/merge-progress.ts'
import { differences } from './differences.ts'

/**
 * Returns the paths of a record where a reader of its entry, who imports the entry into an empty title, has something else. The
 * reader takes a definition or a title that the entry lacks from elsewhere; `back` is the entry as it is read.
 */
export function lostPaths(adapter: Adapter, record: Canonical, back: Canonical): readonly Path[] {
  return [
    ...titleLosses(adapter, record, back),
    ...partLosses('achievement', record.achievement, back.achievement),
    ...progressLosses(adapter, record, back),
    ...partLosses('summary', record.summary, back.summary),
  ]
}

function titleLosses({ ids }: Adapter, record: Canonical, back: Canonical): readonly Path[] {
  const isNamed = back.achievement !== undefined || back.title.binding !== undefined
  // An id of the title that follows from its others is neither lost nor made up.
  const complete = (title: Canonical['title']) => ({
    ...title,
    binding: title.binding && (ids.completeBinding?.(title.binding) ?? title.binding),
  })
  const title = isNamed ? back.title : { ...back.title, binding: record.title.binding }
  return differences(complete(record.title), complete(title), ['title'])
}

function partLosses(part: string, before: object | undefined, after: object | undefined): readonly Path[] {
  if (before === undefined && after === undefined) return []
  return before === undefined || after === undefined ? [[part]] : differences(before, after, [part])
}

function progressLosses(
  { capabilities }: Adapter,
  record: Canonical,
  { achievement, progress: back }: Canonical,
): readonly Path[] {
  const { progress } = record
  const isSaid = hasFacts(progress) || hasFacts(back)
  // With its definition, and in no row of its own, progress that says nothing claims nothing about a player.
  const isFormal =
    record.achievement !== undefined && !isSaid && (back === undefined || achievement !== undefined)
  if (isFormal || progress === undefined || back === undefined) {
    const extensions = differences(progress?.extensions ?? {}, back?.extensions ?? {}, [
      'progress',
      'extensions',
    ])
    return isSaid ? [['progress'], ...extensions] : extensions
  }
  const known = capabilities.requirements === 'none' ? undefined : (record.achievement ?? achievement)
  const definition = known ?? BLANK_ACHIEVEMENT
  const [before, after] = [progress, back].map((facts) => ({
    account: facts.account,
    // Beside a definition, its id is that of the definition.
    achievementId: record.achievement && achievement ? undefined : facts.achievementId,
    extensions: facts.extensions,
    ...imported(definition, facts),
  }))
  // A value of zero is none, of no known requirement: some rows always have one.
  const isZero = Object.values(after?.values ?? {}).every((value) => Number(value) === 0)
  const isNone =
    isZero && definition.requirements.length !== 1 && Object.keys(before?.values ?? {}).length === 0
  return differences(before, isNone ? { ...after, values: {} } : after, ['progress'])
}

/** The progress after an import for a player without progress. */
function imported(definition: Achievement, facts: ProgressFacts) {
  const individual: Achievement = { ...definition, participation: 'individual', lifecycle: 'live' }
  const context = { time: 0n, precision: 'exact', actor: '' } as const
  const outcome = applyReport(individual, NOT_STARTED, reportOf(facts), context)
  if (outcome.kind === 'rejected') throw new TypeError(outcome.detail)
  const { state, percent, values, unlockTime, revoked } = outcome.progress
  return { state, percent, values, unlockTime, revoked }
}

/** An id that the translation derives takes the place of none: nothing is lost by it. */
export function withoutDerivedIds({ id }: Adapter, record: Canonical, back: Canonical): Canonical {
  const title = { ...back.title, binding: record.title.binding && back.title.binding }
  if (back.achievement === undefined || record.achievement?.ids[id] !== undefined) return { ...back, title }
  const { [id]: _derived, ...ids } = back.achievement.ids
  return { ...back, title, achievement: { ...back.achievement, ids } }
}
