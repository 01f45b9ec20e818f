import type { Canonical } from '../../../src/dialect/adapter.ts'
import { readAs } from '../../../src/dialect/decode-error.ts'
import { LossReport } from '../../../src/dialect/losses.ts'
import type { RequestHead } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import type { Instant } from '../../../src/model/instant.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Progress } from '../../../src/model/progress.ts'
import { achievementCodec } from '../achievement.ts'
import { encode } from '../encode.ts'
import { LEGACY_NEVER, readTime, writeTime } from '../formats.ts'
import { legacyCodec } from '../legacy.ts'
import { writeState } from '../progression.ts'
import type { Contract } from './contract.ts'
import { withIcon } from './icons.ts'
import { inLanguages } from './languages.ts'
import { liveAchievement, liveLegacy } from './live.ts'
import type { XboxTitle } from './title.ts'

/** A player's progress on an achievement of a title. */
export interface XboxProgress {
  readonly title: XboxTitle
  readonly achievement: StoredAchievement
  readonly progress: Progress
}

/** Writes an achievement for clients of the live service, without its rarity. */
export function writeEntry(
  progressEntry: XboxProgress,
  { legacy }: Pick<Contract, 'legacy'>,
  languages: readonly string[],
  request: RequestHead,
): JsonObject {
  const record = recordOf(progressEntry, languages, request)
  const { rarity: _, ...entry } = encoded(record, legacy)
  const unlockTime = unlockTimeOf(progressEntry)
  if (legacy) {
    return {
      ...entry,
      ...readAs(liveLegacy, entry),
      timeUnlocked: writeTime(unlockTime, LEGACY_NEVER),
    } as JsonObject
  }
  const live = readAs(liveAchievement, entry)
  const { title, scid, titleId } = progressEntry.title
  const isAlone = live.titleAssociations.length === 0 && titleId !== undefined
  return {
    ...entry,
    ...live,
    serviceConfigId: scid,
    titleAssociations: isAlone ? [{ name: title.displayName, id: Number(titleId) }] : live.titleAssociations,
    progressState: writeState(record.progress),
    progression: { ...live.progression, timeUnlocked: writeTime(unlockTime) },
  } as JsonObject
}

/**
 * Writes an entry without losses, which a response cannot report. Measuring them takes most of the time of encoding, so an entry
 * without an extension skips that.
 */
function encoded(record: Canonical, legacy: boolean): JsonObject {
  const context = { locale: undefined, purpose: 'progress', account: undefined } as const
  const hasExtension = [record.achievement, record.progress].some(
    (part) => part?.extensions['xbox'] !== undefined,
  )
  if (!hasExtension)
    return (legacy ? legacyCodec : achievementCodec).write(record, { ...context, shape: undefined })
  return encode(record, new LossReport(), { ...context, shape: legacy ? 'legacy' : 'achievement' })
}

/**
 * Returns the unlock time; undefined if locked. Some clients take any time for an unlock and none for locked, so an unlock without a
 * stated time is shown at its first report.
 */
export function unlockTimeOf({ progress }: Pick<XboxProgress, 'progress'>): Instant | undefined {
  if (progress.state !== 'achieved') return undefined
  // The wire's text for an absent time is read as absent.
  return readTime(writeTime(progress.unlockTime)) ?? progress.firstReportTime
}

/** Requirements that Xbox itself gave are named so; so is the one of a title-managed achievement, by zeros. */
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Returns the requirements as clients see them. Clients report a percent only to a title-managed achievement: one requirement of
 * 100, which the encoding adds if there is none. So a percent also reads back as it was written, whatever is counted.
 */
function shownRequirements({ requirements }: StoredAchievement): StoredAchievement['requirements'] {
  const isTheirs = requirements.every(({ id }) => GUID.test(id))
  const isEventBased = requirements.some(({ statCode }) => statCode !== undefined)
  return isTheirs || isEventBased ? requirements : []
}

function recordOf(
  { title: { title, scid, titleId }, achievement, progress }: XboxProgress,
  languages: readonly string[],
  request: RequestHead,
): Canonical {
  const { state, percent, values, unlockTime, revoked, extensions } = progress
  const { titleId: _title, etag: _etag, ...definition } = inLanguages(achievement, languages)
  const achievementId = achievement.ids['xbox'] ?? achievement.id
  return {
    title: {
      binding: { service_config_id: scid, ...(titleId === undefined ? {} : { title_id: titleId }) },
      displayName: title.displayName,
      extensions: {},
    },
    achievement: {
      ...definition,
      media: withIcon(achievement.media, state, request),
      requirements: shownRequirements(achievement),
    },
    progress: {
      account: undefined,
      achievementId,
      state,
      percent,
      values,
      unlockTime,
      revoked,
      extensions,
    },
    summary: undefined,
  }
}
