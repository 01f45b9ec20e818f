import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import { UnlockCounter } from '../../src/service/achievements/unlock-counter.ts'
import type { Services } from '../../src/service/services.ts'

/** Counts the unlocks of all events that are committed, as the server does every one or two seconds. */
export async function countUnlocks(services: Services): Promise<void> {
  const counter = new UnlockCounter(services, () => {})
  await counter.countTo(await services.safePosition.current(NEVER_ABORTED))
}
