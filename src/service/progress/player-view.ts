import type { StoredAchievement } from '../../model/achievement.ts'
import { isAllowed } from '../../model/principal.ts'
import type { PlayerProgress } from '../../model/progress.ts'
import type { Queries } from '../../store/queries.ts'
import * as right from '../authorization.ts'
import type { Call } from '../call.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'

/** Returns the player's view: a hidden achievement is redacted until it is unlocked. */
export function asPlayerSees(item: PlayerProgress): PlayerProgress {
  const { achievement, progress } = item
  return !achievement.hidden || progress.state === 'achieved' ? item : redactProgress(item)
}

/** Returns only the achievement's id, its position and its locked description, and the player's state and percent. */
export function redactProgress({ achievement, progress }: PlayerProgress): PlayerProgress {
  return { achievement: redact(achievement), progress: { ...progress, values: {}, extensions: {} } }
}

function redact(achievement: StoredAchievement): StoredAchievement {
  const empty = { locale: achievement.name.locale, text: '', translations: {} }
  return {
    ...achievement,
    name: empty,
    description: empty,
    requirements: [],
    rewards: [],
    media: [],
    tags: [],
    productId: undefined,
    deepLink: undefined,
    estimatedTime: undefined,
    extensions: {},
  }
}

export interface GatewayView {
  readonly titleId: string
  /** The player whose progress is shown; undefined for the catalogue, in which the caller's own unlocks count. */
  readonly playerId: string | undefined
}

interface WithAchievement {
  readonly achievement: StoredAchievement
}

/**
 * Returns the items for a gateway's response. If the title masks hidden achievements in gateways, locked ones are redacted,
 * unless the caller may read all of the title.
 */
export async function asGatewayShows<Item extends WithAchievement>(
  services: Services,
  view: GatewayView,
  items: readonly Item[],
  redactItem: (item: Item) => Item,
  call: Call,
): Promise<readonly Item[]> {
  const hidden = items.flatMap(({ achievement }) => (achievement.hidden ? achievement.id : []))
  if (hidden.length === 0 || mayReadAll(view, call)) return items
  const masked = await services.store.read(call.signal, (queries) => maskedOf(queries, view, hidden, call))
  return items.map((item) => (masked.has(item.achievement.id) ? redactItem(item) : item))
}

export function redactDefinition<Item extends WithAchievement>(item: Item): Item {
  return { ...item, achievement: redact(item.achievement) }
}

function mayReadAll({ titleId, playerId }: GatewayView, { principal }: Call): boolean {
  const all =
    playerId === undefined ? right.definitions(titleId, 'read') : right.enforcement(titleId, playerId, 'read')
  return !('unchecked' in principal) && isAllowed(principal, all)
}

async function maskedOf(
  queries: Queries,
  { titleId, playerId }: GatewayView,
  hidden: readonly string[],
  { principal }: Call,
): Promise<ReadonlySet<string>> {
  const title = await titleOf(queries, titleId)
  if (!title.maskHiddenInGateways) return new Set()
  const viewer = playerId ?? (principal.kind === 'player' ? principal.playerId : '')
  const own = await queries.progress.listAt(
    hidden.map((achievementId) => ({ titleId, playerId: viewer, achievementId })),
  )
  const shared = await queries.community.list(titleId)
  const unlocked = [
    ...own.filter(({ progress }) => progress.state === 'achieved'),
    ...shared.filter(({ unlockTime }) => unlockTime !== undefined),
  ]
  const shown = new Set(unlocked.map(({ achievementId }) => achievementId))
  return new Set(hidden.filter((id) => !shown.has(id)))
}
