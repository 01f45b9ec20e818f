import type { StoredAchievement } from '../../model/achievement.ts'
import type { Destination, DestinationKey } from '../../model/destination.ts'
import type { MigrationJob } from '../../model/migration-job.ts'
import type { Plan } from '../../model/plan.ts'
import type { Player } from '../../model/player.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Stat } from '../../model/stat.ts'
import type { Title } from '../../model/title.ts'
import type { Change } from './record-change.ts'

// Of each pair, `before` is undefined for a new record, and `after` for a deleted one.

export function titleChange(before: Title | undefined, after: Title | undefined): Change<'title'> {
  const { id } = (after ?? before) as Title
  return { resourceType: 'title', titleId: id, resourceId: id, playerId: '', before, after }
}

export function achievementChange(
  before: StoredAchievement | undefined,
  after: StoredAchievement | undefined,
): Change<'achievement'> {
  const { titleId, id } = (after ?? before) as StoredAchievement
  return { resourceType: 'achievement', titleId, resourceId: id, playerId: '', before, after }
}

export function statChange(before: Stat | undefined, after: Stat | undefined): Change<'stat'> {
  const { titleId, code } = (after ?? before) as Stat
  return { resourceType: 'stat', titleId, resourceId: code, playerId: '', before, after }
}

export function playerChange(
  before: Player | undefined,
  after: Player | undefined,
  reason = '',
): Change<'player'> {
  const { id } = (after ?? before) as Player
  return { resourceType: 'player', titleId: '', resourceId: id, playerId: id, before, after, reason }
}

export function destinationChange(
  before: Destination | undefined,
  after: Destination | undefined,
): Change<'destination'> {
  const { titleId, id } = (after ?? before) as Destination
  return {
    ...destinationUse({ titleId, destinationId: id }),
    before: before && withOrigin(before),
    after: after && withOrigin(after),
  }
}

/** A plan that was applied. */
export function planChange(before: Plan, after: Plan): Change<'plan'> {
  const { titleId, id } = after
  return { resourceType: 'plan', titleId, resourceId: id, playerId: '', before, after }
}

export function migrationJobChange(
  before: MigrationJob | undefined,
  after: MigrationJob | undefined,
  reason = '',
): Change<'migration_job'> {
  const { titleId, jobId } = (after ?? before) as MigrationJob
  const resource = { resourceType: 'migration_job', titleId, resourceId: jobId, playerId: '' } as const
  return {
    ...resource,
    before: before && withLazyOrigin(before),
    after: after && withLazyOrigin(after),
    reason,
  }
}

function withLazyOrigin(job: MigrationJob): MigrationJob {
  const { lazySource } = job
  return lazySource === undefined ? job : { ...job, lazySource: withOrigin(lazySource) }
}

/** A picture that was stored. @param titleId undefined for the picture of a title that does not exist yet */
export function imageChange(titleId: string | undefined, hash: string): Change<'image'> {
  return { resourceType: 'image', titleId: titleId ?? '', resourceId: hash, playerId: '' }
}

/** A test or a replay, which leaves the destination as it is. */
export function destinationUse({ titleId, destinationId }: DestinationKey): Change<'destination'> {
  return { resourceType: 'destination', titleId, resourceId: destinationId, playerId: '' }
}

/** A grant, revocation, restoration or reset of progress. @param achievementId undefined for all of the title */
export function progressChange(
  { titleId, playerId }: PlayerTitleKey,
  achievementId: string | undefined,
  reason: string,
): Change<'progress'> {
  return { resourceType: 'progress', titleId, resourceId: achievementId ?? '', playerId, reason }
}

/** The path may be a secret, as those of chat webhooks are, and so may the query. A user and a password in a URL are refused. */
function withOrigin<Called extends { readonly url: string }>(called: Called): Called {
  return { ...called, url: new URL(called.url).origin }
}
