import { NOT_STARTED } from '../../model/progress.ts'
import { withDialectIds } from '../achievements/assign-dialect-ids.ts'
import { dialectOf } from '../exchange/dialects.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import type { PlayerProgress } from './list-progress.ts'
import { asGatewayShows, redactStanding } from './player-view.ts'
import { readProgressPage } from './progress-page.ts'

export interface ListTitleProgress {
  readonly dialect: string
  readonly titleId: string
  /** Undefined for nobody: every achievement is not started. */
  readonly playerId: string | undefined
  /** Whether nothing of it is shown, so that nothing has to be redacted: the caller only looks for an achievement. */
  readonly isLookup?: boolean
}

const PAGE_SIZE = 1000

/**
 * All achievements of a title in list order, each with its id in the dialect and the player's standing on it. What a
 * player may see of them is the dialect's own rule, and its gateway's duty, unless the title masks hidden achievements.
 */
export async function listTitleProgress(
  services: Services,
  { dialect, titleId, playerId, isLookup = false }: ListTitleProgress,
  call: Call,
): Promise<readonly PlayerProgress[]> {
  const adapter = dialectOf(services, dialect)
  const progressList: PlayerProgress[] = []
  let after: { key: bigint; id: string } | undefined
  for (;;) {
    const filter = { titleId, playerId: playerId ?? '', states: [], after, limit: PAGE_SIZE }
    const page = await services.store.read(call.signal, (queries) =>
      readProgressPage(services, queries, filter),
    )
    const achievements = page.map(({ achievement }) => achievement)
    const progress = new Map(page.map((item) => [item.achievement.id, item.progress]))
    for (const achievement of await withDialectIds(services, adapter, titleId, achievements, call)) {
      progressList.push({ achievement, progress: progress.get(achievement.id) ?? NOT_STARTED })
    }
    const last = achievements.at(-1)
    if (last === undefined || page.length < PAGE_SIZE) break
    after = { key: BigInt(last.listOrder), id: last.id }
  }
  if (progressList.length === 0)
    await services.store.read(call.signal, (queries) => titleOf(queries, titleId))
  if (isLookup) return progressList
  return asGatewayShows(services, { titleId, playerId }, progressList, redactStanding, call)
}
