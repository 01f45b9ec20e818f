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

/** The facts in which an entry differs from the baseline. */
export type News = ReadonlySet<(typeof MERGED)[number]>

export interface MergedProgress {
  readonly report: ImportReport
  readonly news: News
}

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
 * Returns an entry's news as a report, by the same merge as of definitions: the baseline is the stored progress encoded in the entry's shape
 * and decoded again, and what equals it is no news. So an export of the progress changes nothing, in whatever shape.
 */
export function mergeProgress(
  adapter: Adapter,
  achievement: StoredAchievement,
  stored: Progress,
  { title, facts, shape }: ProgressEntry,
): MergedProgress {
  const report = reportOf(facts)
  const everything = { report, news: new Set(MERGED) }
  if (stored === NOT_STARTED) return everything
  const { account } = facts
  const current = {
    title,
    achievement: definitionOf(achievement),
    progress: progressFacts(adapter, achievement, account, stored),
    summary: undefined,
  }
  const { progress: baseline } = asRead(adapter, current, { shape, purpose: 'progress', account })
  if (baseline === undefined) return everything
  const news: News = new Set(MERGED.filter((name) => !sameJson(report[name], baseline[name])))
  const own = (extensions: Extensions) => extensions[adapter.id] ?? {}
  // A member that encoding makes up, such as the id of a row, is no news by itself.
  const madeUp = Object.keys(own(baseline.extensions)).filter(
    (name) => !Object.hasOwn(own(stored.extensions), name),
  )
  const said = (extensions: Extensions) =>
    Object.entries(own(extensions)).filter(([name]) => !madeUp.includes(name))
  const isExtended = news.size > 0 || !sameJson(said(report.extensions), said(baseline.extensions))
  const merged = {
    ...report,
    state: news.size > 0 ? report.state : 'not_started',
    percent: news.has('percent') ? report.percent : 0,
    values: news.has('values') ? report.values : {},
    revoked: news.has('revoked') && report.revoked,
    extensions: isExtended ? report.extensions : {},
  }
  return { report: merged, news }
}
