import type { Migration } from 'kysely/migration'
import * as records from './0001-records.ts'
import * as eventsOut from './0002-events-out.ts'
import * as roomForUpdates from './0003-room-for-updates.ts'
import * as deadLetters from './0004-dead-letters.ts'
import * as deliveriesOfAchievements from './0005-deliveries-of-achievements.ts'
import * as titleNames from './0006-title-names.ts'
import * as maskedTitles from './0007-masked-titles.ts'
import * as currentDefinitions from './0008-current-definitions.ts'
import * as etags from './0009-etags.ts'
import * as playerTombstones from './0010-player-tombstones.ts'
import * as playerAliases from './0011-player-aliases.ts'
import * as sentPercents from './0012-sent-percents.ts'
import * as callersOfRequests from './0013-callers-of-requests.ts'
import * as destinationWaits from './0014-destination-waits.ts'
import * as twoRowsPerReport from './0015-two-rows-per-report.ts'
import * as largeValues from './0016-large-values.ts'
import * as unlockTotals from './0017-unlock-totals.ts'
import * as prefixes from './0018-prefixes.ts'
import * as plans from './0019-plans.ts'
import * as audit from './0020-audit.ts'
import * as achievementRevisions from './0021-achievement-revisions.ts'
import * as lifecycle from './0022-lifecycle.ts'
import * as planSizes from './0023-plan-sizes.ts'
import * as imageUses from './0024-image-uses.ts'
import * as reportTraces from './0025-report-traces.ts'
import * as restores from './0026-restores.ts'
import * as migrationJobs from './0027-migration-jobs.ts'
import * as accountKeys from './0028-account-keys.ts'
import * as migrationDeltas from './0029-migration-deltas.ts'
import * as lazyPulls from './0030-lazy-pulls.ts'
import * as migrationStatUndo from './0031-migration-stat-undo.ts'
import * as recordImports from './0032-record-imports.ts'
import * as eventTraces from './0033-event-traces.ts'
import * as migrationExactness from './0034-migration-exactness.ts'

/** Each migration once, in order, never changed after it has run anywhere: append only. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-records': records,
  '0002-events-out': eventsOut,
  '0003-room-for-updates': roomForUpdates,
  '0004-dead-letters': deadLetters,
  '0005-deliveries-of-achievements': deliveriesOfAchievements,
  '0006-title-names': titleNames,
  '0007-masked-titles': maskedTitles,
  '0008-current-definitions': currentDefinitions,
  '0009-etags': etags,
  '0010-player-tombstones': playerTombstones,
  '0011-player-aliases': playerAliases,
  '0012-sent-percents': sentPercents,
  '0013-callers-of-requests': callersOfRequests,
  '0014-destination-waits': destinationWaits,
  '0015-two-rows-per-report': twoRowsPerReport,
  '0016-large-values': largeValues,
  '0017-unlock-totals': unlockTotals,
  '0018-prefixes': prefixes,
  '0019-plans': plans,
  '0020-audit': audit,
  '0021-achievement-revisions': achievementRevisions,
  '0022-lifecycle': lifecycle,
  '0023-plan-sizes': planSizes,
  '0024-image-uses': imageUses,
  '0025-report-traces': reportTraces,
  '0026-restores': restores,
  '0027-migration-jobs': migrationJobs,
  '0028-account-keys': accountKeys,
  '0029-migration-deltas': migrationDeltas,
  '0030-lazy-pulls': lazyPulls,
  '0031-migration-stat-undo': migrationStatUndo,
  '0032-record-imports': recordImports,
  '0033-event-traces': eventTraces,
  '0034-migration-exactness': migrationExactness,
}
