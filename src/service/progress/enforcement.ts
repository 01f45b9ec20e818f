import type { StoredAchievement } from '../../model/achievement.ts'
import { currentProgress, windowOf } from '../../model/current-progress.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import { NOT_STARTED, type Progress, type ProgressResult } from '../../model/progress.ts'
import { progressChange } from '../audit/changes.ts'
import { attributionOf, type Call } from '../call.ts'
import { withholdProgress } from '../migration-jobs/lazy/withhold-progress.ts'
import { lockAchievementShared, titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { mutatePlayerTitle } from './mutate-player-title.ts'

export interface Enforcement {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string
  /** Stored in the event. */
  readonly reason: string
  readonly requestId: string | undefined
}

/**
 * Unlocks an achievement whatever it requires, without a change of its values. An achievement that is unlocked already does not change.
 * @throws LaurelError NOT_LIVE for a draft, COMMUNITY_GOAL for an achievement of all players.
 */
export async function grantAchievement(
  services: Services,
  request: Enforcement,
  call: Call,
): Promise<ProgressResult> {
  const { titleId, playerId, achievementId } = request
  return mutatePlayerTitle(
    services,
    'granted',
    request,
    call,
    (queries) => lockAchievementShared(queries, titleId, achievementId),
    async (_, changes, now, achievement) => {
      const before = currentProgress(achievement, changes.progressOf(achievementId))
      const alreadyUnlocked = before.state === 'achieved'
      const newlyUnlocked = !alreadyUnlocked
      if (newlyUnlocked) checkGrantable(achievement)
      const progress = newlyUnlocked ? granted(achievement, before, now, call.actor) : before
      if (newlyUnlocked)
        changes.change(achievement, progress, { kind: 'unlocked', time: now, ...authorOf(request, call) })
      const outcome = { changed: newlyUnlocked, missing: [], newlyUnlocked, alreadyUnlocked }
      const change = newlyUnlocked ? progressChange(request, achievementId, request.reason) : undefined
      return { result: { titleId, playerId, achievementId, progress, ...outcome }, change }
    },
  )
}

function checkGrantable({ titleId, id, participation, lifecycle }: StoredAchievement): void {
  const metadata = { titleId, achievementId: id }
  if (participation === 'community') {
    const message = `achievement ${id}: all players earn it together, by the stat that it follows`
    throw new LaurelError('failed_precondition', 'COMMUNITY_GOAL', message, { metadata })
  }
  if (lifecycle === 'draft') {
    const message = `achievement ${id}: it is a draft: set its lifecycle to live before it is granted`
    throw new LaurelError('failed_precondition', 'NOT_LIVE', message, {
      metadata: { ...metadata, lifecycle },
    })
  }
}

function granted(achievement: StoredAchievement, before: Progress, now: Instant, actor: string): Progress {
  return {
    ...before,
    state: 'achieved',
    percent: 100,
    unlockTime: now,
    unlockPrecision: 'exact',
    writer: actor,
    firstReportTime: before.firstReportTime ?? now,
    lastReportTime: now,
    windowStart: windowOf(achievement)?.start,
  }
}

/**
 * Revokes an unlocked achievement: it leaves the totals, but state, values and unlock time stay. An achievement that is
 * revoked already does not change.
 * @throws LaurelError NOT_ACHIEVED if the player has not unlocked it.
 */
export async function revokeAchievement(
  services: Services,
  request: Enforcement,
  call: Call,
): Promise<ProgressResult> {
  return setRevoked(services, request, true, call)
}

/** Restores a revoked achievement, with its unlock time. An achievement that is not revoked does not change. */
export async function restoreAchievement(
  services: Services,
  request: Enforcement,
  call: Call,
): Promise<ProgressResult> {
  return setRevoked(services, request, false, call)
}

async function setRevoked(
  services: Services,
  request: Enforcement,
  revoked: boolean,
  call: Call,
): Promise<ProgressResult> {
  const { titleId, playerId, achievementId } = request
  const kind = revoked ? 'revoked' : 'restored'
  return mutatePlayerTitle(
    services,
    kind,
    request,
    call,
    (queries) => lockAchievementShared(queries, titleId, achievementId),
    async (_, changes, now, achievement) => {
      const before = changes.progressOf(achievementId)
      if (before.state !== 'achieved') {
        const message = `player ${playerId} has not unlocked achievement ${achievementId}`
        const metadata = { titleId, playerId, achievementId }
        throw new LaurelError('failed_precondition', 'NOT_ACHIEVED', message, { metadata })
      }
      const changed = before.revoked !== revoked
      const progress = changed ? { ...before, revoked, writer: call.actor } : before
      if (changed) changes.change(achievement, progress, { kind, time: now, ...authorOf(request, call) })
      const unlocked = { missing: [], newlyUnlocked: false, alreadyUnlocked: true }
      const result = { titleId, playerId, achievementId, progress, changed, ...unlocked }
      return { result, change: changed ? progressChange(request, achievementId, request.reason) : undefined }
    },
  )
}

export interface ResetProgress {
  readonly titleId: string
  readonly playerId: string
  /** Undefined for all achievements of the title. */
  readonly achievementId: string | undefined
  /** Stored in the event. */
  readonly reason: string
  readonly requestId: string | undefined
}

/**
 * Deletes progress, so that the player may unlock again. Stat values stay: an achievement that follows a stat moves again
 * with the stat's next update.
 */
export async function resetProgress(
  services: Services,
  request: ResetProgress,
  call: Call,
): Promise<{ readonly resetCount: number }> {
  const { titleId, achievementId } = request
  await withholdProgress(services, request, call)
  if (await hasNothing(services, request, call)) return { resetCount: 0 }
  return mutatePlayerTitle(
    services,
    'resetProgress',
    request,
    call,
    async (queries) => {
      if (achievementId !== undefined) return [await lockAchievementShared(queries, titleId, achievementId)]
      await titleOf(queries, titleId)
      return queries.achievements.lockShared(titleId, 'all')
    },
    async (queries, changes, now, locked) => {
      const records = await queries.progress.listOfPlayerTitle(request)
      const started = new Set(records.map((record) => record.achievementId))
      const achievements = locked.filter(({ id }) => started.has(id))
      for (const achievement of achievements)
        changes.change(achievement, NOT_STARTED, { kind: 'reset', time: now, ...authorOf(request, call) })
      const resetCount = achievements.length
      const change = resetCount > 0 ? progressChange(request, achievementId, request.reason) : undefined
      return { result: { resetCount }, change }
    },
  )
}

/** Returns true for a player without a row of the title: a reset must not create one. */
async function hasNothing(services: Services, request: ResetProgress, call: Call): Promise<boolean> {
  if (request.requestId !== undefined) return false
  const found = await services.store.read(call.signal, (queries) => queries.playerTitles.find(request))
  return found === undefined
}

function authorOf({ reason, requestId = '' }: Enforcement | ResetProgress, call: Call) {
  return { ...attributionOf(call, requestId), reason, requestId }
}
