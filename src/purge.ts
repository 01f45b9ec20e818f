import type { Config } from './config.ts'
import { TICKS_PER_SECOND } from './model/instant.ts'
import { NEVER_ABORTED } from './model/never-aborted.ts'
import { purgeAuditEntries } from './service/audit/purge-audit-entries.ts'
import { purgeDeliveries } from './service/destinations/delivery-batches.ts'
import { purgeEventsBefore } from './service/events/purge-events.ts'
import { turnPartitions } from './service/events/turn-partitions.ts'
import { purgeImages } from './service/images/images.ts'
import type { Services } from './service/services.ts'
import type { Queries } from './store/queries.ts'
import type { Logger } from './telemetry/log.ts'

/**
 * Deletes stored responses, tombstones, events, plans, migration jobs that have ended, deliveries, unused images and audit entries
 * after their retention: each even if others fail.
 */
export async function purgeExpired(services: Services, config: Config, log: Logger): Promise<void> {
  const signal = NEVER_ABORTED
  const before = (hours: number) => services.now() - BigInt(hours * 60 * 60) * TICKS_PER_SECOND
  const oldestReport = services.now() - BigInt(config.timeBounds.maxBackdateSeconds) * TICKS_PER_SECOND
  const purge = (run: (queries: Queries) => Promise<unknown>) => services.store.write(signal, run)
  const steps: readonly (() => Promise<unknown>)[] = [
    () => purge((queries) => queries.idempotency.purgeBefore(before(config.requestIdTtlHours))),
    () => turnPartitions(services, before(config.requestIdTtlHours), signal),
    () => purge((queries) => queries.tombstones.purgeBefore(oldestReport)),
    () => purgeEventsBefore(services, before(config.eventRetentionHours), signal),
    () => purge((queries) => queries.plans.purgeBefore(before(config.eventRetentionHours))),
    () => purge((queries) => queries.migrationJobs.purgeEndedBefore(before(config.auditRetentionHours))),
    () => purgeDeliveries(services, signal),
    () => purgeImages(services, before(config.eventRetentionHours), signal),
    () => purgeAuditEntries(services, before(config.auditRetentionHours), signal),
  ]
  for (const step of steps) {
    await step().catch((error: Error) =>
      log.warn(
        { error: error.message },
        'expired records could not be purged: the next attempt is in an hour',
      ),
    )
  }
}
