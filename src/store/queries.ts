import type { Kysely } from 'kysely'
import { accountQueries } from './accounts.ts'
import { achievementDeliveryQueries } from './achievement-deliveries.ts'
import { achievementIdQueries } from './achievement-ids.ts'
import { achievementQueries } from './achievements.ts'
import { communityQueries } from './community.ts'
import { deliveryQueries } from './deliveries.ts'
import { deliveryAttemptQueries } from './delivery-attempts.ts'
import { deliveryFlowQueries } from './delivery-flow.ts'
import { deliveryRetentionQueries } from './delivery-retention.ts'
import { destinationQueries } from './destinations.ts'
import { eventQueries } from './events.ts'
import { imageQueries } from './images.ts'
import { playerQueries } from './players.ts'
import { progressQueries } from './progress.ts'
import { replayQueries } from './replays.ts'
import { requestQueries } from './requests.ts'
import type { Tables } from './schema.ts'
import { sheetQueries } from './sheets.ts'
import { standingQueries } from './standings.ts'
import { statQueries } from './stats.ts'
import { titleBindingQueries } from './title-bindings.ts'
import { titleQueries } from './titles.ts'

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
