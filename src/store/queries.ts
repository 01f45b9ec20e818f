import type { Kysely } from 'kysely'
import { achievementIdQueries } from './achievements/achievement-ids.ts'
import { achievementQueries } from './achievements/achievements.ts'
import { communityQueries } from './community/community.ts'
import { achievementDeliveryQueries } from './destinations/achievement-deliveries.ts'
import { deliveryQueries } from './destinations/deliveries.ts'
import { deliveryAttemptQueries } from './destinations/delivery-attempts.ts'
import { deliveryFlowQueries } from './destinations/delivery-queue.ts'
import { deliveryRetentionQueries } from './destinations/delivery-retention.ts'
import { destinationQueries } from './destinations/destinations.ts'
import { replayQueries } from './destinations/replays.ts'
import { eventQueries } from './events/events.ts'
import { requestQueries } from './idempotency.ts'
import { imageQueries } from './images/images.ts'
import { accountQueries } from './players/accounts.ts'
import { playerQueries } from './players/players.ts'
import { standingQueries } from './progress/optimistic-writes.ts'
import { sheetQueries } from './progress/player-titles.ts'
import { progressQueries } from './progress/progress.ts'
import type { Tables } from './schema.ts'
import { statQueries } from './stats/stats.ts'
import { titleBindingQueries } from './titles/title-bindings.ts'
import { titleQueries } from './titles/titles.ts'

/** Every statement that Laurel runs, by its use. */
export type Queries = ReturnType<typeof queriesOn>

/** The statements on one connection, in whatever transaction it is. */
export function queriesOn(db: Kysely<Tables>) {
  return {
    ...titleQueries(db),
    ...titleBindingQueries(db),
    ...achievementQueries(db),
    ...achievementIdQueries(db),
    ...statQueries(db),
    ...communityQueries(db),
    ...playerQueries(db),
    ...accountQueries(db),
    ...sheetQueries(db),
    ...progressQueries(db),
    ...standingQueries(db),
    ...eventQueries(db),
    ...destinationQueries(db),
    ...deliveryQueries(db),
    ...achievementDeliveryQueries(db),
    ...replayQueries(db),
    ...deliveryFlowQueries(db),
    ...deliveryAttemptQueries(db),
    ...deliveryRetentionQueries(db),
    ...requestQueries(db),
    ...imageQueries(db),
  }
}
