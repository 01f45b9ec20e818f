import { randomUUID } from 'node:crypto'
import type { StoredAchievement } from '../../model/achievement.ts'
import { type Destination, type DestinationKey, WEBHOOK } from '../../model/destination.ts'
import { type Duration, TICKS_PER_SECOND } from '../../model/instant.ts'
import type { Progress, ProgressKey } from '../../model/progress.ts'
import type { Title } from '../../model/title.ts'
import type { Claim, ClaimRequest } from '../../store/destinations/claims.ts'
import type { Attempt } from '../../store/destinations/delivery-attempts.ts'
import type { Queries } from '../../store/queries.ts'
import type { Services } from '../services.ts'

export type { Attempt, AttemptResult } from '../../store/destinations/delivery-attempts.ts'

/** One player's deliveries to a destination. No other process sends them until the lease ends. */
export interface ClaimedDeliveries {
  readonly claim: Claim
  readonly title: Title
  /** The player's account on the platform; empty for a webhook. */
  readonly account: string
  /** Ordered by event. */
  readonly attempts: readonly Attempt[]
  /** By id, without deleted ones; empty for a webhook. */
  readonly achievements: ReadonlyMap<string, StoredAchievement>
  /** By achievement id; empty for a webhook. */
  readonly progress: ReadonlyMap<string, Progress>
  /** By achievement id, the highest percent that the platform received since its last reset; empty for a webhook. */
  readonly deliveredPercents: ReadonlyMap<string, number>
}

export interface ClaimOptions {
  /** Identifies this claim. */
  readonly lease: string
  readonly leaseTime: Duration
  /** The maximum number of players. */
  readonly limit: number
}

/** The lease of a queue while its player is parked. */
const PARK_LEASE_TIME = 10n * TICKS_PER_SECOND

/** Claims due players who have an account on the platform, as many as the rate limit allows, with their deliveries. */
export async function claimDeliveries(
  services: Services,
  destination: Destination,
  { lease, leaseTime, limit }: ClaimOptions,
  signal: AbortSignal,
): Promise<readonly ClaimedDeliveries[]> {
  const { titleId, id: destinationId, dialect } = destination
  const key = { titleId, destinationId }
  const { interval, burst } = rateLimitOf(destination)
  const isPlatform = dialect !== WEBHOOK
  const request = { ...key, lease, leaseTime, dialect: isPlatform ? dialect : undefined }
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
    const [reachable, unreachable] = partition(
      claims,
      ({ playerId }) => !isPlatform || accounts.has(playerId),
    )
    // Unlinked since the claim.
    if (unreachable.length > 0) await queries.deliveryAttempts.park(key, unreachable)
    const attempts = await queries.deliveryAttempts.start(
      key,
      reachable.map(({ playerId }) => playerId),
    )
    const records = isPlatform ? await loadRecords(queries, key, attempts) : NO_RECORDS
    const byPlayer = Map.groupBy(attempts, ({ event }) => event.playerId)
    return reachable.map((claim) => ({
      claim,
      title,
      account: accounts.get(claim.playerId) ?? '',
      attempts: byPlayer.get(claim.playerId) ?? [],
      achievements: records.achievements,
      progress: records.progress.get(claim.playerId) ?? new Map(),
      deliveredPercents: records.deliveredPercents.get(claim.playerId) ?? new Map(),
    }))
  })
}

/**
 * Parks players who are due but have no account on the platform, without using the destination's rate limit. The account
 * is looked up while their queues are leased: an account that is linked at the same time is either found here, or its
 * linking requeues the player.
 */
export async function parkDeliveries(
  services: Services,
  destination: Destination,
  signal: AbortSignal,
): Promise<void> {
  const { titleId, id: destinationId, dialect } = destination
  if (dialect === WEBHOOK) return
  const key = { titleId, destinationId }
  for (;;) {
    const lease = { ...key, dialect, lease: randomUUID(), leaseTime: PARK_LEASE_TIME }
    const claims = await services.store.single(signal, (queries) =>
      queries.deliveryQueue.claimUnreachable(lease),
    )
    if (claims.length === 0) return
    await services.store.write(signal, async (queries) => {
      const players = claims.map(({ playerId }) => playerId)
      const accounts = await queries.accounts.listOfPlayers(dialect, players)
      const [reachable, unreachable] = partition(claims, ({ playerId }) => accounts.has(playerId))
      if (unreachable.length > 0) await queries.deliveryAttempts.park(key, unreachable)
      const releases = reachable.map((claim) => ({ claim, failures: 0, backoffTime: 0n }))
      if (releases.length > 0) await queries.deliveryAttempts.releaseQueues(key, releases)
    })
  }
}

/** Returns the time that one request takes of the rate limit, and the burst: the requests of one second. */
export function rateLimitOf({ limits }: Destination): Pick<ClaimRequest, 'interval' | 'burst'> {
  const interval = BigInt(Math.ceil(Number(TICKS_PER_SECOND) / limits.requestsPerSecond))
  return { interval, burst: interval > TICKS_PER_SECOND ? interval : TICKS_PER_SECOND }
}

interface Records {
  readonly achievements: ReadonlyMap<string, StoredAchievement>
  readonly progress: ReadonlyMap<string, ReadonlyMap<string, Progress>>
  readonly deliveredPercents: ReadonlyMap<string, ReadonlyMap<string, number>>
}

const NO_RECORDS: Records = { achievements: new Map(), progress: new Map(), deliveredPercents: new Map() }

async function loadRecords(
  queries: Queries,
  key: DestinationKey,
  attempts: readonly Attempt[],
): Promise<Records> {
  const events = attempts.map(({ event }) => event)
  const ids = [...new Set(events.map(({ achievementId }) => achievementId))]
  const achievements = await queries.achievements.listByIds(key.titleId, ids)
  const progress = events.length === 0 ? [] : await queries.progress.listAt(events)
  const sent = events.length === 0 ? [] : await queries.sentPercents.list(key, events)
  return {
    achievements: new Map(achievements.map((achievement) => [achievement.id, achievement])),
    progress: byPlayer(progress.map((each) => [each, each.progress])),
    deliveredPercents: byPlayer(sent.map((each) => [each, each.percent])),
  }
}

type OfAchievement = Pick<ProgressKey, 'playerId' | 'achievementId'>

/** Groups values by player, and then by achievement. */
function byPlayer<Value>(
  values: readonly (readonly [OfAchievement, Value])[],
): ReadonlyMap<string, ReadonlyMap<string, Value>> {
  const players = Map.groupBy(values, ([{ playerId }]) => playerId)
  return new Map(
    [...players].map(([playerId, ofPlayer]) => [
      playerId,
      new Map(ofPlayer.map(([{ achievementId }, value]) => [achievementId, value])),
    ]),
  )
}

function partition<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
