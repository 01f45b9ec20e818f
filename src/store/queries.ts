import type { Kysely } from 'kysely'
import type pg from 'pg'
import { achievementIdQueries } from './achievements/achievement-ids.ts'
import { achievementRevisionQueries } from './achievements/achievement-revisions.ts'
import { achievementQueries } from './achievements/achievements.ts'
import { backfillQueries } from './achievements/backfills.ts'
import { unlockTotalQueries } from './achievements/unlock-totals.ts'
import { auditEntryQueries } from './audit/audit-entries.ts'
import type { ListNodeWriters } from './citus/node-writers.ts'
import { partitionQueries } from './citus/partitions.ts'
import type { Sharding } from './citus/sharding.ts'
import { communityQueries } from './community/community.ts'
import { databaseClockQueries } from './database-clock.ts'
import { achievementDeliveryQueries } from './destinations/achievement-deliveries.ts'
import { deliveryQueries } from './destinations/deliveries.ts'
import { deliveryAttemptQueries } from './destinations/delivery-attempts.ts'
import { deliveryBacklogQueries } from './destinations/delivery-backlogs.ts'
import { deliveryQueueQueries } from './destinations/delivery-queue.ts'
import { destinationHealthQueries } from './destinations/destination-health.ts'
import { destinationQueries } from './destinations/destinations.ts'
import { replayQueries } from './destinations/replays.ts'
import { sentPercentQueries } from './destinations/sent-percents.ts'
import { eventHistoryQueries } from './events/event-history.ts'
import { eventQueries } from './events/events.ts'
import { idempotencyQueries } from './idempotency.ts'
import { imageQueries } from './images/images.ts'
import { migrationJobQueries } from './migration-jobs/migration-jobs.ts'
import { migrationPartQueries } from './migration-jobs/migration-parts.ts'
import { migrationPullQueries } from './migration-jobs/migration-pulls.ts'
import { migrationRecordQueries } from './migration-jobs/migration-records.ts'
import { migrationRollbackQueries } from './migration-jobs/migration-rollback.ts'
import type { RunTogether } from './pipeline.ts'
import { planQueries } from './plans/plans.ts'
import { accountQueries } from './players/accounts.ts'
import { playerAliasQueries } from './players/player-aliases.ts'
import { playerMergeQueries } from './players/player-merges.ts'
import { playerQueries } from './players/players.ts'
import { tombstoneQueries } from './players/tombstones.ts'
import { optimisticWriteQueries } from './progress/optimistic-writes.ts'
import { playerTitleQueries } from './progress/player-titles.ts'
import { progressQueries } from './progress/progress.ts'
import { progressChangeQueries } from './progress/progress-changes.ts'
import { progressListQueries } from './progress/progress-lists.ts'
import { recordQueries } from './records/records.ts'
import type { Tables } from './schema.ts'
import { statQueries } from './stats/stats.ts'
import { titleBindingQueries } from './titles/title-bindings.ts'
import { titleQueries } from './titles/titles.ts'

/** Every statement of Laurel, by noun. */
export type Queries = ReturnType<typeof queriesOn>

export function queriesOn(
  db: Kysely<Tables>,
  client: pg.ClientBase,
  sharding: Sharding,
  together: RunTogether,
  listNodeWriters: ListNodeWriters,
) {
  return {
    together,
    titles: titleQueries(db, sharding),
    titleBindings: titleBindingQueries(db),
    achievements: achievementQueries(db, sharding),
    achievementIds: achievementIdQueries(db),
    unlockTotals: unlockTotalQueries(db, sharding),
    achievementRevisions: achievementRevisionQueries(db),
    backfills: backfillQueries(db),
    stats: statQueries(db, sharding),
    community: communityQueries(db),
    players: playerQueries(db, sharding),
    accounts: accountQueries(db, sharding),
    tombstones: tombstoneQueries(db),
    aliases: playerAliasQueries(db),
    playerMerges: playerMergeQueries(db, sharding),
    playerTitles: playerTitleQueries(db, sharding),
    progress: progressQueries(db, sharding),
    progressChanges: progressChangeQueries(db, sharding),
    optimisticWrites: optimisticWriteQueries(db, sharding),
    progressLists: progressListQueries(db, sharding),
    partitions: partitionQueries(db, sharding.oldestRequest),
    events: eventQueries(db, sharding, listNodeWriters),
    eventHistory: eventHistoryQueries(db),
    auditEntries: auditEntryQueries(db),
    databaseClock: databaseClockQueries(db),
    destinations: destinationQueries(db),
    deliveryBacklogs: deliveryBacklogQueries(db, sharding),
    destinationHealth: destinationHealthQueries(db, sharding),
    deliveries: deliveryQueries(db, sharding),
    achievementDeliveries: achievementDeliveryQueries(db, sharding),
    replays: replayQueries(db, sharding),
    deliveryQueue: deliveryQueueQueries(db, sharding),
    deliveryAttempts: deliveryAttemptQueries(db, sharding),
    sentPercents: sentPercentQueries(db),
    idempotency: idempotencyQueries(db, sharding),
    plans: planQueries(db),
    images: imageQueries(db),
    migrationJobs: migrationJobQueries(db),
    migrationParts: migrationPartQueries(db, client, sharding),
    migrationRecords: migrationRecordQueries(db),
    migrationRollback: migrationRollbackQueries(db, sharding),
    migrationPulls: migrationPullQueries(db),
    records: recordQueries(db, client, sharding),
  }
}
