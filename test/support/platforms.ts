import { type AppliedReport, fixturesOf } from './dialect-fixtures.ts'
import { type Behave, type FakePlatform, type Received, respond } from './fake-platform.ts'

/** Reads a request of a bridge; a webhook's accounts are players. */
export function reportOf(dialect: string, request: Received): AppliedReport {
  if (dialect !== 'webhook') return bridgeOf(dialect).readReport(request)
  const { data } = JSON.parse(request.body)
  return { account: data.player_id, achievements: [data.achievement_id] }
}

/** Adds the platform's body to each 200 without one. `errorOf` returns why an achievement is refused. */
export function speaking(
  dialect: string,
  behave: Behave,
  errorOf: (achievement: string) => string | undefined = () => undefined,
): Behave {
  return (request, index) => {
    const behaviour = behave(request, index)
    if (dialect === 'webhook' || behaviour.kind !== 'respond' || behaviour.status !== 200) return behaviour
    const body = bridgeOf(dialect).respondTo?.(request, errorOf)
    return body === undefined ? behaviour : respond(200, { body })
  }
}

/** Returns the reports that a platform applied, in order, each idempotency key once. */
export function appliedBy(platform: FakePlatform, dialect: string): readonly AppliedReport[] {
  return [...platform.applied.values()].map((request) => reportOf(dialect, request))
}

function bridgeOf(dialect: string) {
  const { bridge } = fixturesOf(dialect)
  if (bridge === undefined) throw new Error(`the fixtures of ${dialect} say nothing of its bridge`)
  return bridge
}
