import type { Config } from './config.ts'
import { TICKS_PER_SECOND } from './model/instant.ts'
import { NEVER_ABORTED } from './model/never-aborted.ts'
import { purgeAuditEntries } from './service/audit/purge-audit-entries.ts'
import { purgeDeliveries } from './service/destinations/delivery-batches.ts'
import { purgeEventsBefore } from './service/events/purge-events.ts'
import type { Services } from './service/services.ts'
import type { Logger } from './telemetry/log.ts'

/** Deletes stored responses, tombstones, events, plans, deliveries and audit entries after their retention. */
export async function purgeExpired(services: Services, config: Config, log: Logger): Promise<void> {
  const signal = NEVER_ABORTED
  const before = (hours: number) => services.now() - BigInt(hours * 60 * 60) * TICKS_PER_SECOND
  const responses = services.store.write(signal, (queries) =>
    queries.idempotency.purgeBefore(before(config.requestIdTtlHours)),
  )
  const { maxBackdateSeconds } = config.timeBounds
  const oldestReport = services.now() - BigInt(maxBackdateSeconds) * TICKS_PER_SECOND
  await responses
    .then(() => services.store.write(signal, (queries) => queries.tombstones.purgeBefore(oldestReport)))
    .then(() => purgeEventsBefore(services, before(config.eventRetentionHours), signal))
    .then(() =>
      services.store.write(signal, (queries) =>
        queries.plans.purgeBefore(before(config.eventRetentionHours)),
      ),
    )
    .then(() => purgeDeliveries(services, signal))
    .then(() => purgeAuditEntries(services, before(config.auditRetentionHours), signal))
    .catch((error: Error) =>
      log.warn(
        { error: error.message },
        'expired records could not be purged: the next attempt is in an hour',
      ),
    )
}
