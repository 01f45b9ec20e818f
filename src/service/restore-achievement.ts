import type { ProgressResult } from './reports.ts'
import { type RevokeAchievement, setRevoked } from './revoke-achievement.ts'
import type { Call, Services } from './services.ts'

/** Gives a revoked achievement back as it was, with its unlock time. One that is not revoked changes nothing. */
export async function restoreAchievement(
  services: Services,
  request: RevokeAchievement,
  call: Call,
): Promise<ProgressResult> {
  return setRevoked(services, request, false, call)
}
