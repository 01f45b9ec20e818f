import type { Behave, FakePlatform, Received } from './fake-platform.ts'

/** The account and the achievements that a request is about. */
export interface AppliedReport {
  readonly account: string
  readonly achievements: readonly string[]
}

const xboxPath = /^\/users\/xuid\((\d+)\)\//
const discordPath = /^\/users\/(\d+)\/applications\/\d+\/achievements\/(\d+)$/
const accelbytePath = /\/users\/([^/]+)\/achievements\/(?:([^/]+)\/unlock|bulkUnlock)$/

/** Readers of requests by dialect; a webhook's accounts are players. */
export const readers: Readonly<Record<string, (request: Received) => AppliedReport>> = {
  webhook({ body }) {
    const { data } = JSON.parse(body)
    return { account: data.player_id, achievements: [data.achievement_id] }
  },
  xbox({ path, body }) {
    const [, account = ''] = xboxPath.exec(path) ?? []
    const { achievements } = JSON.parse(body)
    return { account, achievements: achievements.map(({ id }: { id: string }) => id) }
  },
  discord({ path }) {
    const [, account = '', id = ''] = discordPath.exec(path) ?? []
    return { account, achievements: [id] }
  },
  accelbyte({ path, body }) {
    const [, account = '', code] = accelbytePath.exec(path) ?? []
    return { account, achievements: code === undefined ? JSON.parse(body).achievementCodes : [code] }
  },
}

/** Adds AccelByte's response body to each bulk unlock that succeeds. */
export function asAccelByte(behave: Behave): Behave {
  return (request, index) => {
    const behaviour = behave(request, index)
    if (behaviour.kind !== 'respond' || behaviour.status !== 200) return behaviour
    if (!request.path.endsWith('/bulkUnlock')) return behaviour
    const codes: readonly string[] = JSON.parse(request.body).achievementCodes
    const results = codes.map((achievementCode) => ({ achievementCode, success: true }))
    return { ...behaviour, body: JSON.stringify(results) }
  }
}

/** Returns the reports that a platform applied, in order, each idempotency key once. */
export function appliedBy(platform: FakePlatform, dialect: string): readonly AppliedReport[] {
  const read = readers[dialect]
  if (read === undefined) throw new Error(`there is no reader for ${dialect}`)
  return [...platform.applied.values()].map(read)
}
