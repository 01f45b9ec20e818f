import type { StoredAchievement } from '../../model/achievement.ts'
import { type Destination, WEBHOOK } from '../../model/destination.ts'
import { type Duration, TICKS_PER_SECOND } from '../../model/instant.ts'
import type { Progress } from '../../model/progress.ts'
import type { Title } from '../../model/title.ts'
import type { Attempt } from '../../store/destinations/delivery-attempts.ts'
import type { Claim } from '../../store/destinations/delivery-queue.ts'
import type { Queries } from '../../store/queries.ts'
import type { Services } from '../services.ts'

export type { Attempt, AttemptResult } from '../../store/destinations/delivery-attempts.ts'

/** One player's deliveries to a destination, which nobody else sends until the lease ends. */
export interface ClaimedDeliveries {
  readonly claim: Claim
  readonly title: Title
  /** What the destination's platform knows the player by; empty for a webhook. */
  readonly account: string
  /** In order of event. */
  readonly attempts: readonly Attempt[]
  /** By id; absent where it is deleted. Nothing for a webhook, which needs none. */
  readonly achievements: ReadonlyMap<string, StoredAchievement>
  /** What the player has, by achievement. */
  readonly progress: ReadonlyMap<string, Progress>
}

export interface ClaimOptions {
  /** Names this claim. */
  readonly lease: string
  readonly leaseTime: Duration
  /** Players at most. */
  readonly limit: number
}

/**
 * Takes up players who have something to be sent to a destination and can be reached there, as many as its rate budget
 * allows.
 */
export async function claimDeliveries(
  services: Services,
  destination: Destination,
  { lease, leaseTime, limit }: ClaimOptions,
  signal: AbortSignal,
): Promise<readonly ClaimedDeliveries[]> {
  const { titleId, id: destinationId, dialect } = destination
  const name = { titleId, destinationId }
  const { interval, burst } = limitsOf(destination)
  const isPlatform = dialect !== WEBHOOK
  const request = { ...name, lease, leaseTime, dialect: isPlatform ? dialect : undefined }
  const claims = await services.store.single(signal, (queries) =>
    queries.deliveryQueue.claimPlayers({ ...request, limit, interval, burst }),
  )
  if (claims.length === 0) return []
  const players = claims.map(({ playerId }) => playerId)
  return services.store.write(signal, async (queries) => {
    const title = await queries.titles.find(titleId)
    if (title === undefined) return []
    const accounts = isPlatform
      ? await queries.accounts.listOfPlayers(dialect, players)
      : new Map<string, string>()
    const [ready, waiting] = split(claims, ({ playerId }) => !isPlatform || accounts.has(playerId))
    // Their accounts went away just now.
    if (waiting.length > 0) await queries.deliveryAttempts.backOff(name, waiting)
    const attempts = await queries.deliveryAttempts.begin(
      name,
      ready.map(({ playerId }) => playerId),
    )
    const knowledge = isPlatform ? await learn(queries, titleId, attempts) : NOTHING_LEARNED
    const byPlayer = Map.groupBy(attempts, ({ event }) => event.playerId)
    return ready.map((claim) => ({
      claim,
      title,
      account: accounts.get(claim.playerId) ?? '',
      attempts: byPlayer.get(claim.playerId) ?? [],
      achievements: knowledge.achievements,
      progress: knowledge.progress.get(claim.playerId) ?? new Map(),
    }))
  })
}

/** How much of a rate budget a request takes, and what may be used of it at once: that of a second. */
export function limitsOf({ limits }: Destination): { readonly interval: Duration; readonly burst: Duration } {
  const interval = BigInt(Math.ceil(Number(TICKS_PER_SECOND) / limits.requestsPerSecond))
  return { interval, burst: interval > TICKS_PER_SECOND ? interval : TICKS_PER_SECOND }
}

interface Knowledge {
  readonly achievements: ReadonlyMap<string, StoredAchievement>
  readonly progress: ReadonlyMap<string, ReadonlyMap<string, Progress>>
}

const NOTHING_LEARNED: Knowledge = { achievements: new Map(), progress: new Map() }

async function learn(queries: Queries, titleId: string, attempts: readonly Attempt[]): Promise<Knowledge> {
  const events = attempts.map(({ event }) => event)
  const ids = [...new Set(events.map(({ achievementId }) => achievementId))]
  const achievements = await queries.achievements.listByIds(titleId, ids)
  const records = events.length === 0 ? [] : await queries.progress.listAt(events)
  const byPlayer = Map.groupBy(records, ({ playerId }) => playerId)
  return {
    achievements: new Map(achievements.map((achievement) => [achievement.id, achievement])),
    progress: new Map(
      [...byPlayer].map(([playerId, ofPlayer]) => [
        playerId,
        new Map(ofPlayer.map(({ achievementId, progress }) => [achievementId, progress])),
      ]),
    ),
  }
}

function split<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
