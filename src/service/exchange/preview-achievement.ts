import type { Adapter } from '../../dialect/adapter.ts'
import { type LintFinding, startLint } from '../../dialect/lint.ts'
import type { Loss } from '../../dialect/losses.ts'
import { type Purpose, shapeFor } from '../../dialect/shapes.ts'
import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import { currentProgress } from '../../model/current-progress.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import { pack } from '../../model/packed.ts'
import { NOT_STARTED, type Progress } from '../../model/progress.ts'
import { withLocales } from '../../model/texts.ts'
import type { Title } from '../../model/title.ts'
import type { Queries } from '../../store/queries.ts'
import { orderAfter } from '../achievements/create-achievement.ts'
import type { Call } from '../call.ts'
import { checkAchievementIds } from '../check-ids.ts'
import { asPlayerSees } from '../progress/player-view.ts'
import { achievementOf, titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { type Dialect, dialectsNamed } from './dialects.ts'
import { EntryLosses, isProgressPath } from './entry-losses.ts'
import { hashOf } from './identities.ts'
import { encodeRecord, type Languages } from './output.ts'
import { definitionOf, pathsMadeByLaurel, recordOf } from './to-canonical.ts'

export interface PreviewOptions {
  readonly titleId: string
  /** The definition to show, or the id of a stored one. */
  readonly achievement: Achievement | string
  /** The player whose progress is shown too; undefined for none. */
  readonly playerId: string | undefined
  /** Empty for all. */
  readonly dialects: readonly string[]
  /** The BCP-47 tag to prefer in a dialect of one language; undefined for each text's default. */
  readonly locale: string | undefined
}

/** An achievement as one dialect writes it. */
export interface DialectPreview {
  readonly dialect: string
  readonly definition: EntryPreview
  readonly locked: EntryPreview
  readonly unlocked: EntryPreview
  /** With the player's progress; undefined if no player is named. */
  readonly player: EntryPreview | undefined
  /** Of the rules that depend on one achievement alone. */
  readonly findings: readonly LintFinding[]
}

/** An entry with its losses, or the reason why the dialect cannot hold it. */
export type EntryPreview =
  | { readonly json: JsonObject; readonly shape: string; readonly losses: readonly Loss[] }
  | { readonly error: LaurelError }

/**
 * Returns an achievement as each dialect shows it, in order of dialect. Stores nothing: an id that it lacks in a dialect is the one
 * that an export at this moment could create.
 */
export async function previewAchievement(
  services: Services,
  options: PreviewOptions,
  call: Call,
): Promise<readonly DialectPreview[]> {
  const { titleId, playerId, locale } = options
  const dialects = dialectsNamed(services, options.dialects)
  const { title, progress, inDialects } = await services.store.read(call.signal, async (queries) => {
    const title = await titleOf(queries, titleId)
    const achievement = await definitionFor(services, queries, title, options.achievement)
    const progress =
      playerId === undefined ? undefined : await progressOf(queries, title, achievement, playerId)
    const inDialects: InDialect[] = []
    for (const dialect of dialects) {
      const named = await withId(queries, dialect, achievement)
      const accounts = await queries.accounts.listOfPlayers(
        dialect.id,
        playerId === undefined ? [] : [playerId],
      )
      inDialects.push({ dialect, achievement: named, account: accounts.get(playerId ?? '') })
    }
    return { title, progress, inDialects }
  })
  const languages = { locale, readerLocale: title.defaultLocale }
  const now = services.now()
  return inDialects.map((inDialect) => previewIn(inDialect, title, progress, languages, now))
}

/** An achievement with its id in the dialect. */
interface InDialect {
  readonly dialect: Dialect
  readonly achievement: StoredAchievement
  /** The named player's account; undefined if it has none. */
  readonly account: string | undefined
}

/**
 * Returns the stored definition of the id, or the given one with the fields that the server sets: of a stored achievement with the same id
 * its own, else a position at the end and the current time.
 */
async function definitionFor(
  services: Services,
  queries: Queries,
  { id: titleId, defaultLocale }: Title,
  given: Achievement | string,
): Promise<StoredAchievement> {
  if (typeof given === 'string') return achievementOf(queries, titleId, given)
  const achievement = withLocales(given, defaultLocale)
  const [stored] = await queries.achievements.listByIds(titleId, [achievement.id])
  checkAchievementIds(services, stored?.ids, achievement.ids)
  const now = services.now()
  return {
    ...achievement,
    titleId,
    listOrder:
      achievement.listOrder ||
      (stored?.listOrder ?? orderAfter(await queries.achievements.findLastListOrder(titleId))),
    createTime: stored?.createTime ?? now,
    updateTime: stored?.updateTime ?? now,
    statedTimes: stored?.statedTimes,
    mintedIds: stored?.mintedIds,
    etag: stored?.etag ?? '',
  }
}

/** Returns the player's progress by the definition that is shown, which may be another than the stored one. */
async function progressOf(
  queries: Queries,
  { id: titleId }: Title,
  achievement: StoredAchievement,
  playerId: string,
): Promise<Progress> {
  const found = await queries.progress.find({ titleId, playerId, achievementId: achievement.id })
  return currentProgress(achievement, found?.progress ?? NOT_STARTED)
}

/** Gives the achievement an id in the dialect if it has none: always the same, and no loss. */
async function withId(
  queries: Queries,
  { id: dialect, ids }: Adapter,
  achievement: StoredAchievement,
): Promise<StoredAchievement> {
  if (achievement.ids[dialect] !== undefined) return achievement
  const taken = new Set(await queries.achievementIds.listTaken(achievement.titleId, dialect))
  const entropy = hashOf(pack([achievement.titleId, achievement.id]))
  const id = ids.mint({ taken, time: achievement.createTime, entropy })
  return {
    ...achievement,
    ids: { ...achievement.ids, [dialect]: id },
    mintedIds: { ...achievement.mintedIds, [dialect]: id },
  }
}

function previewIn(
  { dialect, achievement, account }: InDialect,
  title: Title,
  progress: Progress | undefined,
  languages: Languages,
  now: Instant,
): DialectPreview {
  const entryOf = (progress?: Progress) =>
    entryIn(dialect, title, achievement, progress && { account, progress }, languages)
  return {
    dialect: dialect.id,
    definition: entryOf(),
    locked: entryOf(NOT_STARTED),
    unlocked: entryOf(unlockedAt(now, achievement)),
    player: progress && entryOf(progress),
    findings: startLint(dialect.id, dialect.lint ?? [], title).add(definitionOf(achievement)),
  }
}

/** Returns progress that has just met all requirements. */
function unlockedAt(time: Instant, { requirements }: StoredAchievement): Progress {
  return {
    ...NOT_STARTED,
    state: 'achieved',
    percent: 100,
    values: Object.fromEntries(requirements.map(({ id, target }) => [id, target])),
    unlockTime: time,
    unlockPrecision: 'exact',
    firstReportTime: time,
    lastReportTime: time,
  }
}

/** Returns the definition alone, or as the platform shows it to a player with this progress. */
function entryIn(
  dialect: Dialect,
  title: Title,
  achievement: StoredAchievement,
  player: { readonly account: string | undefined; readonly progress: Progress } | undefined,
  languages: Languages,
): EntryPreview {
  const purpose: Purpose = player === undefined ? 'definition' : 'progress'
  const shape = shapeFor(dialect, purpose)
  const item = { achievement, progress: player?.progress ?? NOT_STARTED }
  const isMasked = title.maskHiddenInGateways && player !== undefined
  const shown = isMasked ? asPlayerSees(item) : item
  const written = player && { ...player, progress: shown.progress }
  const record = recordOf(dialect, title, shown.achievement, written)
  try {
    const entry = encodeRecord(dialect, title.id, record, shape, languages, player?.account, purpose)
    const made = pathsMadeByLaurel(dialect, achievement)
    const isOfEntry = ({ path }: Loss) =>
      purpose === 'definition' || shape?.carries.includes('definition') === true || isProgressPath(path)
    const losses = new EntryLosses(true).next({ ...entry, made }).filter(isOfEntry)
    return { json: entry.json, shape: shape?.name ?? '', losses }
  } catch (error) {
    if (error instanceof LaurelError) return { error }
    throw error
  }
}
