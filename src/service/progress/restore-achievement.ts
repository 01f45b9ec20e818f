import type { Call, Services } from '../services.ts'
import { type RevokeAchievement, setRevoked } from './revoke-achievement.ts'
import type { ProgressResult } from './writer/apply-report.ts'

/** Gives a revoked achievement back as it was, with its unlock time. One that is not revoked changes nothing. */
export async function restoreAchievement(
  services: Services,
  request: RevokeAchievement,
  call: Call,
): Promise<ProgressResult> {
  return setRevoked(services, request, false, call)
}
