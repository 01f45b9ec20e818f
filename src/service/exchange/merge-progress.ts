import type { Adapter, Canonical, ProgressFacts } from '../../dialect/adapter.ts'
import type { StoredAchievement } from '../../model/achievement.ts'
import { sameJson } from '../../model/json.ts'
import { NOT_STARTED, type Progress, type Report } from '../../model/progress.ts'
import type { Extensions } from '../../model/title.ts'
import { asRead } from './baseline.ts'
import { definitionOf, progressFacts } from './to-canonical.ts'

export type ImportReport = Extract<Report, { readonly kind: 'import' }>

/** The part of an entry that says whose and which progress it is. */
export interface ProgressEntry {
  readonly title: Canonical['title']
  readonly facts: ProgressFacts
  /** The name of the entry's shape; undefined if the dialect has only one. */
  readonly shape: string | undefined
}

const MERGED = ['state', 'percent', 'values', 'revoked'] as const

export function reportOf({
  state,
  percent,
  values,
  unlockTime,
  revoked,
  extensions,
}: ProgressFacts): ImportReport {
  return { kind: 'import', state, percent, values, unlockTime, revoked, extensions }
}

/**
 * Returns the news in an entry, by the same merge as of definitions: the baseline is the stored progress encoded in the entry's shape
 * and decoded again, and what equals it is no news. So an export of the progress changes nothing, in whatever shape.
 */
export function mergeProgress(
  adapter: Adapter,
  achievement: StoredAchievement,
  stored: Progress,
  { title, facts, shape }: ProgressEntry,
): ImportReport {
  const report = reportOf(facts)
  if (stored === NOT_STARTED) return report
  const { account } = facts
  const current = {
    title,
    achievement: definitionOf(achievement),
    progress: progressFacts(adapter, achievement, account, stored),
    summary: undefined,
  }
  const { progress: baseline } = asRead(adapter, current, { shape, purpose: 'progress', account })
  if (baseline === undefined) return report
  const isNews = (name: (typeof MERGED)[number]) => !sameJson(report[name], baseline[name])
  const own = (extensions: Extensions) => extensions[adapter.id] ?? {}
  // A member that encoding makes up, such as the id of a row, is no news by itself.
  const madeUp = Object.keys(own(baseline.extensions)).filter(
    (name) => !Object.hasOwn(own(stored.extensions), name),
  )
  const said = (extensions: Extensions) =>
    Object.entries(own(extensions)).filter(([name]) => !madeUp.includes(name))
  const hasNews = MERGED.some(isNews)
  const isExtended = hasNews || !sameJson(said(report.extensions), said(baseline.extensions))
  return {
    ...report,
    state: hasNews ? report.state : 'not_started',
    percent: isNews('percent') ? report.percent : 0,
    values: isNews('values') ? report.values : {},
    revoked: isNews('revoked') && report.revoked,
    extensions: isExtended ? report.extensions : {},
  }
}
