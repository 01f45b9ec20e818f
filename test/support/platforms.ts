import type { Behave, FakePlatform, Received } from './fake-platform.ts'

/** What a request tells a platform: whose, and of what. */
export interface OutcomeByEntry {
  readonly account: string
  readonly achievements: readonly string[]
}

const xboxPath = /^\/users\/xuid\((\d+)\)\//
const discordPath = /^\/users\/(\d+)\/applications\/\d+\/achievements\/(\d+)$/
const accelbytePath = /\/users\/([^/]+)\/achievements\/(?:([^/]+)\/unlock|bulkUnlock)$/

/** What a platform reads of a request, by its dialect; a webhook's accounts are players. */
export const readers: Readonly<Record<string, (request: Received) => OutcomeByEntry>> = {
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

/** With the body that AccelByte has for a bulk unlock, wherever it answers well. */
export function asAccelByte(behave: Behave): Behave {
  return (request, index) => {
    const behaviour = behave(request, index)
    if (behaviour.kind !== 'answer' || behaviour.status !== 200) return behaviour
    if (!request.path.endsWith('/bulkUnlock')) return behaviour
    const codes: readonly string[] = JSON.parse(request.body).achievementCodes
    const results = codes.map((achievementCode) => ({ achievementCode, success: true }))
    return { ...behaviour, body: JSON.stringify(results) }
  }
}

/** What a platform did, in the order in which it did it first: each key once. */
export function toldTo(platform: FakePlatform, dialect: string): readonly OutcomeByEntry[] {
  const read = readers[dialect]
  if (read === undefined) throw new Error(`nobody reads ${dialect}`)
  return [...platform.applied.values()].map(read)
}
